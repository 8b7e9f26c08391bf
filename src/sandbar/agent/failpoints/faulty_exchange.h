// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/http/server.h"

// A request whose answer is kept instead of sent, so that it can be changed, or lost.

namespace sandbar::agent {

class KeptExchange final : public http::Exchange {
 public:
  explicit KeptExchange(http::Exchange& real) : real_(real) {}

  // What was answered; nothing for a stream, which is thrown away.
  std::optional<http::Response> answer;

  const http::RequestHead& request() const override { return real_.request(); }
  std::string peer_address() const override { return real_.peer_address(); }
  std::string peer_certificate() const override { return real_.peer_certificate(); }
  bool is_websocket() const override { return false; }
  Executor executor() override { return real_.executor(); }
  Task<Result<std::size_t>> read_some(std::span<char> into) override { return real_.read_some(into); }

  Task<Result<void>> respond(http::Response response) override {
    status_ = response.status;
    answer = std::move(response);
    co_return Result<void>{};
  }
  Task<Result<void>> start(http::ResponseHead head) override {
    status_ = head.status;
    co_return Result<void>{};
  }
  Task<Result<void>> write(std::string_view) override { co_return Result<void>{}; }
  Task<Result<void>> finish() override { co_return Result<void>{}; }
  void abort() override {}
  Task<void> disconnected() override { return real_.disconnected(); }
  Task<Result<http::WebSocketPtr>> accept_websocket(http::Headers) override {
    co_return fail(Error{Errc::unimplemented, "no WebSocket here"});
  }
  Task<Result<http::ByteStreamPtr>> take_over(http::ResponseHead) override {
    co_return fail(Error{Errc::unimplemented, "no upgrade here"});
  }
  int status() const override { return status_; }

 private:
  http::Exchange& real_;
  int status_ = 0;
};

}  // namespace sandbar::agent
