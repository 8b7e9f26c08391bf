// SPDX-License-Identifier: Apache-2.0
#include "sandbar/guest/warmup.h"

#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "sandbar/async/event.h"
#include "sandbar/rpc/envelope.h"

namespace sandbar::guest {
namespace {

constexpr std::string_view kWithShell =
    R"({"process":{"cmd":"/bin/bash","args":["-l","-c","true"],"envs":{"WARM":"up"},"cwd":"/"},"stdin":false})";
constexpr std::string_view kWithoutShell = R"({"process":{"cmd":"/bin/true"},"stdin":false})";

http::RequestHead start_request() {
  return {"POST",
          "/process.Process/Start",
          {{"Content-Type", "application/connect+json"}, {"Connect-Protocol-Version", "1"}}};
}

// A request that is here already, and an answer that nobody reads.
class MemoryExchange final : public http::Exchange {
 public:
  MemoryExchange(Executor executor, http::RequestHead head, std::string body)
      : executor_(executor), never_(executor), head_(std::move(head)), body_(std::move(body)) {}
  const http::RequestHead& request() const override { return head_; }
  std::string peer_address() const override { return {}; }
  std::string peer_certificate() const override { return {}; }
  bool is_websocket() const override { return false; }
  Executor executor() override { return executor_; }
  Task<Result<std::size_t>> read_some(std::span<char> into) override {
    auto n = std::min(into.size(), body_.size() - read_);
    std::memcpy(into.data(), body_.data() + read_, n);
    read_ += n;
    co_return n;
  }
  Task<Result<void>> respond(http::Response) override { co_return Result<void>{}; }
  Task<Result<void>> start(http::ResponseHead) override { co_return Result<void>{}; }
  Task<Result<void>> write(std::string_view) override { co_return Result<void>{}; }
  Task<Result<void>> finish() override { co_return Result<void>{}; }
  void abort() override {}
  Task<void> disconnected() override { return never_.wait(); }
  Task<Result<http::WebSocketPtr>> accept_websocket(http::Headers) override {
    co_return fail(invalid_state("no connection"));
  }
  Task<Result<http::ByteStreamPtr>> take_over(http::ResponseHead) override {
    co_return fail(invalid_state("no connection"));
  }
  int status() const override { return 200; }

 private:
  Executor executor_;
  Event never_;
  http::RequestHead head_;
  std::string body_;
  std::size_t read_ = 0;
};

}  // namespace

Task<void> run_warmup(Executor executor, rpc::ConnectServer& server) {
  auto message = access("/bin/bash", X_OK) == 0 ? kWithShell : kWithoutShell;
  MemoryExchange exchange(executor, start_request(), rpc::make_envelope(0, message));
  co_await server.serve(exchange);
}

}  // namespace sandbar::guest
