// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "sandbar/http/server.h"
#include "sandbar/rpc/codec.h"

// Connect protocol server (https://connectrpc.com/docs/protocol): unary and server streaming, JSON and
// binary, deadlines.
//   ConnectServer rpc;
//   rpc.unary<ListRequest, ListResponse>("/process.Process/List", std::bind_front(&Service::list, this));
//   rpc.server_stream<StartRequest, StartResponse>("/process.Process/Start", std::bind_front(&Service::start,
//   this));
// The http handler asks `handles(path)` and then calls `serve(exchange)`.

namespace sandbar::rpc {

struct CallContext {
  const http::RequestHead& request;
  std::string peer_address;
  std::string peer_certificate;
  // From Connect-Timeout-Ms; the call's task is cancelled and answered deadline_exceeded when it is over.
  std::optional<std::chrono::steady_clock::time_point> deadline;
};

// Messages of a stream to the client. write() fails when the client has gone.
template <class Response>
class StreamWriter {
 public:
  StreamWriter(Codec codec, std::function<Task<Result<void>>(std::string)> send)
      : codec_(codec), send_(std::move(send)) {}
  Task<Result<void>> write(const Response& message) { return send_(encode(codec_, message)); }
  // For messages that a service writes by hand: `bytes` is already in this codec.
  Codec codec() const { return codec_; }
  Task<Result<void>> write_encoded(std::string bytes) { return send_(std::move(bytes)); }

 private:
  Codec codec_;
  std::function<Task<Result<void>>(std::string)> send_;
};

struct ServerOptions {
  std::size_t max_request_bytes = 4 << 20;  // after decompression
  std::chrono::milliseconds max_deadline{24 * 3600 * 1000};
};

// A method without effects may also be called by GET.
enum class Effects { some, none };

class ConnectServer {
 public:
  explicit ConnectServer(ServerOptions options = {}) : options_(options) {}

  template <class Request, class Response>
  void unary(std::string path, std::function<Task<Result<Response>>(CallContext&, Request)> handler,
             Effects effects = Effects::some);
  template <class Request, class Response>
  void server_stream(
      std::string path,
      std::function<Task<Result<void>>(CallContext&, Request, StreamWriter<Response>&)> handler);

  bool handles(std::string_view path) const;
  Task<void> serve(http::Exchange& exchange);

 private:
  struct Unary {
    std::function<Task<Result<std::string>>(CallContext&, Codec, std::string)> run;
    Effects effects = Effects::some;
  };
  struct Stream {
    std::function<Task<Result<void>>(CallContext&, Codec, std::string,
                                     std::function<Task<Result<void>>(std::string)>)>
        run;
  };
  Task<void> serve_unary(http::Exchange& exchange, const Unary& method);
  Task<void> serve_stream(http::Exchange& exchange, const Stream& method);

  ServerOptions options_;
  std::unordered_map<std::string, Unary> unary_;
  std::unordered_map<std::string, Stream> streams_;
};

template <class Request, class Response>
void ConnectServer::unary(std::string path,
                          std::function<Task<Result<Response>>(CallContext&, Request)> handler,
                          Effects effects) {
  using Handler = decltype(handler);
  struct Run {
    Handler handler;
    Task<Result<std::string>> operator()(CallContext& call, Codec codec, std::string bytes) {
      CO_TRY(auto request, decode<Request>(codec, bytes));
      CO_TRY(auto response, co_await handler(call, std::move(request)));
      co_return encode(codec, response);
    }
  };
  unary_[std::move(path)] = {Run{std::move(handler)}, effects};
}

template <class Request, class Response>
void ConnectServer::server_stream(
    std::string path,
    std::function<Task<Result<void>>(CallContext&, Request, StreamWriter<Response>&)> handler) {
  using Handler = decltype(handler);
  struct Run {
    Handler handler;
    Task<Result<void>> operator()(CallContext& call, Codec codec, std::string bytes,
                                  std::function<Task<Result<void>>(std::string)> send) {
      CO_TRY(auto request, decode<Request>(codec, bytes));
      StreamWriter<Response> writer(codec, std::move(send));
      co_return co_await handler(call, std::move(request), writer);
    }
  };
  streams_[std::move(path)] = {Run{std::move(handler)}};
}

}  // namespace sandbar::rpc
