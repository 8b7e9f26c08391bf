// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "sandbar/http/client.h"
#include "sandbar/rpc/codec.h"

// Connect protocol client over an http::Client. Errors of the peer come back as Error with the code that its
// Connect code (or, lacking one, its HTTP status) maps to. An answer that is none, is too large or is no such
// message is agent_error: it is the peer's fault, not that of whoever asked.

namespace sandbar::rpc {

struct CallOptions {
  // Sent as Connect-Timeout-Ms and enforced here too; none = unlimited (streams only).
  std::optional<std::chrono::milliseconds> timeout = std::chrono::milliseconds(30'000);
  http::Headers headers = {};
  std::string path_prefix = {};  // put before "/package.Service/Method"
  Codec codec = Codec::proto;
  std::size_t max_response_bytes = 16 << 20;  // one message
};

// agent_error, with what is wrong as its detail.
Error bad_answer(Error problem);

template <class T>
Result<T> understood(Result<T> answer) {
  if (!answer) return fail(bad_answer(std::move(answer).error()));
  return answer;
}

// Encoded messages of a server stream. Destroying it before the end closes the connection.
class RawStream {
 public:
  virtual ~RawStream() = default;
  virtual Task<Result<std::optional<std::string>>> next() = 0;  // nothing at the end
};

template <class Response>
class ClientStream {
 public:
  ClientStream(Codec codec, std::unique_ptr<RawStream> raw) : codec_(codec), raw_(std::move(raw)) {}
  // The next message, or nothing once the server has ended the stream without an error.
  Task<Result<std::optional<Response>>> next() {
    CO_TRY(auto bytes, co_await raw_->next());
    if (!bytes) co_return std::nullopt;
    CO_TRY(auto message, understood(decode<Response>(codec_, *bytes)));
    co_return message;
  }

 private:
  Codec codec_;
  std::unique_ptr<RawStream> raw_;
};

class ConnectClient {
 public:
  // `http` must outlive the client and its streams.
  explicit ConnectClient(http::Client& http) : http_(http) {}

  template <class Response, class Request>
  Task<Result<Response>> unary(std::string path, Request request, CallOptions options = {}) {
    auto codec = options.codec;
    CO_TRY(auto bytes, co_await call(std::move(path), encode(codec, request), std::move(options)));
    co_return understood(decode<Response>(codec, bytes));
  }

  template <class Response, class Request>
  Task<Result<ClientStream<Response>>> server_stream(std::string path, Request request,
                                                     CallOptions options = {}) {
    auto codec = options.codec;
    CO_TRY(auto raw, co_await open(std::move(path), encode(codec, request), std::move(options)));
    co_return ClientStream<Response>(codec, std::move(raw));
  }

 private:
  Task<Result<std::string>> call(std::string path, std::string request, CallOptions options);
  Task<Result<std::unique_ptr<RawStream>>> open(std::string path, std::string request, CallOptions options);

  http::Client& http_;
};

}  // namespace sandbar::rpc
