// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "sandbar/async/spawn.h"
#include "sandbar/http/message.h"
#include "sandbar/http/stream.h"
#include "sandbar/http/websocket.h"

// HTTP/1.1 server: keep-alive, streaming bodies both ways, chunked requests, WebSocket, TLS and mutual TLS,
// limits and timeouts everywhere. A Server belongs to one executor (one thread); run one per thread with
// `reuse_port`.

namespace sandbar::http {

struct ServerLimits {
  std::size_t max_head_bytes = 32 * 1024;  // 431 beyond it
  std::size_t max_connections = 10'000;    // further ones are closed at once
  std::chrono::milliseconds head{
      30'000};  // from a request's first byte (and a handshake's begin) to the head's end
  std::chrono::milliseconds keep_alive{620'000};  // idle connection; E2B clients pool theirs for up to 600 s
  std::chrono::milliseconds body_idle{60'000};    // a body that stalls for longer is given up
  std::chrono::milliseconds write_idle{120'000};  // a client that reads nothing for longer is dropped
};

// One request and the answer to it. Lives as long as the handler runs.
// A handler either calls respond(), or start() then write()… then finish(), or accept_websocket(), or
// abort(). One that returns without any of these makes the server answer 500.
class Exchange {
 public:
  virtual ~Exchange() = default;

  virtual const RequestHead& request() const = 0;
  virtual std::string peer_address() const = 0;      // "203.0.113.7:4711"; empty on a unix socket
  virtual std::string peer_certificate() const = 0;  // fingerprint under mutual TLS, else empty
  virtual bool is_websocket() const = 0;
  virtual Executor executor() = 0;

  // The request's body as it arrives: at least one byte, or 0 at its end. Sends "100 Continue" when asked
  // for.
  virtual Task<Result<std::size_t>> read_some(std::span<char> into) = 0;
  // All of it; too_large beyond `limit`.
  Task<Result<std::string>> read_all(std::size_t limit);

  virtual Task<Result<void>> respond(Response response) = 0;
  // Chunked unless the head carries a Content-Length. The head is sent at once.
  virtual Task<Result<void>> start(ResponseHead head) = 0;
  virtual Task<Result<void>> write(std::string_view bytes) = 0;
  virtual Task<Result<void>> finish() = 0;
  // Drops the connection without a proper end, so that the client sees a broken answer and not a short one.
  virtual void abort() = 0;
  // Returns when the client has gone away (or sent bytes that do not belong here) while the handler is still
  // at work. Only after the request's body has been read to its end. Cancel it before writing the last byte.
  virtual Task<void> disconnected() = 0;

  virtual Task<Result<WebSocketPtr>> accept_websocket(Headers extra = {}) = 0;
  // Answers 101 with `head` and hands over the connection, bytes already received included (for proxying
  // upgrades).
  virtual Task<Result<ByteStreamPtr>> take_over(ResponseHead head) = 0;

  // What was answered, for logs and metrics; 0 before.
  virtual int status() const = 0;
};

using Handler = std::function<Task<void>(Exchange&)>;

class Server {
 public:
  virtual ~Server() = default;
  // Address is "127.0.0.1:8080", "[::]:8080", ":8080" or "unix:/path". Port 0 takes a free one.
  virtual Result<void> listen(const std::string& address, bool reuse_port) = 0;
  virtual std::uint16_t port() const = 0;
  // Replaces the context for connections accepted from now on.
  virtual void set_tls(TlsContextPtr tls) = 0;
  virtual std::size_t connections() const = 0;
  // Stops accepting, closes idle connections, lets running requests end within `grace`, then drops the rest.
  virtual Task<void> shut_down(std::chrono::milliseconds grace) = 0;
};
using ServerPtr = std::unique_ptr<Server>;

ServerPtr make_server(Executor executor, Handler handler, ServerLimits limits = {},
                      TlsContextPtr tls = nullptr);

}  // namespace sandbar::http
