// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "sandbar/async/task.h"
#include "sandbar/http/tls.h"

// One byte stream, whatever carries it: TCP, TLS, a unix socket, or a TCP connection into a sandbox's network
// namespace. HTTP and WebSocket are written once, over this. TCP_NODELAY is always set.

namespace sandbar::http {

class ByteStream {
 public:
  virtual ~ByteStream() = default;
  // At least one byte, or 0 at the end of the stream. Cancelling the task cancels the call.
  virtual Task<Result<std::size_t>> read_some(std::span<char> into) = 0;
  virtual Task<Result<std::size_t>> write_some(std::string_view bytes) = 0;
  // Half-close: TLS close_notify and FIN. Errors are of no interest to anybody.
  virtual Task<void> shut_down() = 0;
  // Drops the connection at once (a reset, unless shut_down() came before); pending calls end with an error.
  virtual void close() = 0;
  // Ends pending calls with an error, and leaves the connection usable.
  virtual void cancel() { close(); }
  // Whether a connection that nobody uses now has ended or received what nobody asked for.
  virtual bool is_stale() { return false; }
  // SHA-256 fingerprint of the peer's certificate, or empty.
  virtual std::string peer_certificate() const { return {}; }
  // "203.0.113.7:4711", "serial port", or empty for a unix socket.
  virtual std::string peer_address() const { return {}; }
  virtual Executor executor() = 0;
};

using ByteStreamPtr = std::unique_ptr<ByteStream>;

// Writes all of `bytes`.
Task<Result<void>> write_all(ByteStream& stream, std::string_view bytes);

// Where to connect: "tcp:host:port" (name resolution included) or "unix:/path".
Task<Result<ByteStreamPtr>> connect_tcp(std::string host, std::uint16_t port);
Task<Result<ByteStreamPtr>> connect_unix(std::string path);
// Adopts a connected socket (any family); takes ownership of the descriptor.
Result<ByteStreamPtr> adopt_socket(Executor executor, int fd);
// The client's side of a handshake over an established stream. `server_name` is checked against the
// certificate unless empty; with `pinned_fingerprint` the certificate must be exactly that one.
Task<Result<ByteStreamPtr>> start_tls_client(ByteStreamPtr stream, TlsContextPtr tls, std::string server_name,
                                             std::string pinned_fingerprint = {});

}  // namespace sandbar::http
