// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "sandbar/async/task.h"
#include "sandbar/http/message.h"
#include "sandbar/http/stream.h"

// HTTP/1.1 client with kept-alive connections. One Client speaks to one Endpoint, on one executor (one
// thread). A request that met a connection which the server had already closed is sent once more on a fresh
// one, if its body is a string and no byte of an answer was seen.

namespace sandbar::http {

struct Endpoint {
  // Makes a new connection, TLS included. Everything about addresses, certificates and namespaces is in here.
  std::function<Task<Result<ByteStreamPtr>>()> dial;
  std::string host;  // value of the Host header
};

// "http://127.0.0.1:8080", "https://example.org", "unix:/run/x.sock"; `tls` is for https.
Result<Endpoint> endpoint_of_url(const std::string& url, TlsContextPtr tls = nullptr,
                                 std::string pinned_fingerprint = {});

struct ClientLimits {
  std::chrono::milliseconds connect{10'000};
  std::chrono::milliseconds head{60'000};   // from the request's last byte to the answer's head
  std::chrono::milliseconds idle{300'000};  // between two pieces of a body; 0 = unlimited
  std::size_t max_head_bytes = 64 * 1024;
  std::size_t max_idle_connections = 16;
  std::chrono::milliseconds keep_alive{55'000};  // an idle connection is closed after this
};

// The answer's head, and its body as it arrives. Destroying it before the end closes the connection;
// after the end the connection returns to the client.
class ClientResponse {
 public:
  virtual ~ClientResponse() = default;
  virtual const ResponseHead& head() const = 0;
  virtual Task<Result<std::size_t>> read_some(std::span<char> into) = 0;  // 0 at the end
  Task<Result<std::string>> read_all(std::size_t limit);                  // too_large beyond it
  // After 101: the connection itself, bytes already received included.
  virtual Result<ByteStreamPtr> take_over() = 0;
};
using ClientResponsePtr = std::unique_ptr<ClientResponse>;

// A request whose body is sent in pieces. A server may answer before it has read all of it: if it refuses
// (status 300 and above), what is still written is thrown away, and finish() gives the answer. A proxy that
// must carry both ways at once awaits response() in one task while another writes and end()s. Destroying it
// before end() closes the connection.
class ClientRequest {
 public:
  virtual ~ClientRequest() = default;
  virtual Task<Result<void>> write(std::string_view bytes) = 0;
  virtual Task<Result<void>> end() = 0;
  virtual Task<Result<ClientResponsePtr>> response() = 0;  // once
  Task<Result<ClientResponsePtr>> finish();                // end(), then response()
};
using ClientRequestPtr = std::unique_ptr<ClientRequest>;

class Client {
 public:
  virtual ~Client() = default;
  // Host (unless given), Content-Length and Connection (unless it asks for an upgrade) are set by the client.
  virtual Task<Result<ClientResponsePtr>> send(RequestHead head, std::string body = {}) = 0;
  // The same, with the whole body read (at most `limit` bytes).
  Task<Result<Response>> fetch(RequestHead head, std::string body = {}, std::size_t limit = 8 << 20);
  // Chunked unless the head carries a Content-Length.
  virtual Task<Result<ClientRequestPtr>> start(RequestHead head) = 0;
  // Closes idle connections; running requests go on.
  virtual void drop_idle() = 0;
};
using ClientPtr = std::unique_ptr<Client>;

ClientPtr make_client(Executor executor, Endpoint endpoint, ClientLimits limits = {});

}  // namespace sandbar::http
