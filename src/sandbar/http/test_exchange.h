// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "sandbar/http/server.h"

// A request without a connection, for tests of what handles requests.

namespace sandbar::http::test {

// What a test client says over a WebSocket, and what it heard.
struct Talk {
  std::deque<WebSocketMessage> says;
  std::vector<std::string> heard;
  int closed = 0;
};

class FakeSocket final : public WebSocket {
 public:
  explicit FakeSocket(Talk& talk) : talk_(talk) {}
  Task<Result<WebSocketMessage>> read() override {
    if (talk_.says.empty()) co_return fail(Error{Errc::canceled, "closed"});
    auto message = talk_.says.front();
    talk_.says.pop_front();
    co_return message;
  }
  Task<Result<void>> write(WebSocketMessage message) override {
    talk_.heard.push_back(message.data);
    co_return Result<void>{};
  }
  Task<void> close(std::uint16_t code, std::string) override {
    talk_.closed = code;
    co_return;
  }
  void abort() override {}

 private:
  Talk& talk_;
};

class FakeExchange final : public Exchange {
 public:
  RequestHead head;
  std::string body;
  Response answer;
  Talk talk;
  bool upgrade = false;
  Executor io;

  const RequestHead& request() const override { return head; }
  std::string peer_address() const override { return "192.0.2.1:1"; }
  std::string peer_certificate() const override { return {}; }
  bool is_websocket() const override { return upgrade; }
  Executor executor() override { return io; }
  Task<Result<std::size_t>> read_some(std::span<char> into) override {
    auto size = std::min(into.size(), body.size());
    std::copy_n(body.data(), size, into.data());
    body.erase(0, size);
    co_return size;
  }
  Task<Result<void>> respond(Response response) override {
    answer = std::move(response);
    status_ = answer.status;
    co_return Result<void>{};
  }
  Task<Result<void>> start(ResponseHead) override { co_return Result<void>{}; }
  Task<Result<void>> write(std::string_view) override { co_return Result<void>{}; }
  Task<Result<void>> finish() override { co_return Result<void>{}; }
  void abort() override {}
  Task<void> disconnected() override { co_return; }
  Task<Result<WebSocketPtr>> accept_websocket(Headers) override {
    status_ = 101;
    co_return std::make_unique<FakeSocket>(talk);
  }
  Task<Result<ByteStreamPtr>> take_over(ResponseHead) override { co_return fail(internal_error("")); }
  int status() const override { return status_; }
  void begin() { status_ = 0, answer = {}; }

 private:
  int status_ = 0;
};

}  // namespace sandbar::http::test
