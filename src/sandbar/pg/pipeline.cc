// SPDX-License-Identifier: Apache-2.0
#include "sandbar/pg/pipeline.h"

#include <algorithm>

#include "sandbar/async/spawn.h"
#include "sandbar/async/timer.h"
#include "sandbar/log/log.h"
#include "sandbar/pg/errors.h"

namespace sandbar::pg {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMaxInFlight = 256;
constexpr std::size_t kMaxWaiting = 8192;

}  // namespace

// The server gives up on a statement first; this is for a server that is silent altogether.
std::chrono::milliseconds silence_limit(const DatabaseOptions& options) {
  return options.statement_timeout + 5s;
}

RequestPtr Pipeline::submit(std::string_view name, std::string_view sql, std::vector<Param> params) {
  auto request = std::make_shared<Request>(executor_, name, sql, std::move(params));
  if (closed_ || waiting_.size() >= kMaxWaiting) {
    request->finish(fail(connection_error(closed_ ? "closed" : "too many statements wait")));
    return request;
  }
  waiting_.push_back(request);
  pump();
  return request;
}

void Pipeline::pump() {
  auto channel = channel_;
  while (channel && !channel->lost() && channel->in_flight() < kMaxInFlight && !waiting_.empty()) {
    auto request = std::move(waiting_.front());
    waiting_.pop_front();
    channel->submit(std::move(request));
  }
  if (channel_ && channel_->lost()) channel_ = nullptr;
  if (channel_ || waiting_.empty() || connecting_ || closed_) return;
  connecting_ = true;
  spawn(executor_, "database reconnect", connect(shared_from_this()));
}

Task<void> Pipeline::connect(std::shared_ptr<Pipeline> self) {
  for (auto pause = 50ms; !self->closed_ && !self->waiting_.empty();
       pause = std::min<std::chrono::milliseconds>(2 * pause, 1s)) {
    auto connection = co_await Connection::connect(self->executor_, self->options_);
    if (connection) {
      self->adopt(*std::move(connection));
      break;
    }
    log::warn("database not reachable", {{"error", connection.error()}});
    self->fail_waiting(connection.error());
    co_await sleep_for(pause);
  }
  self->connecting_ = false;
  self->pump();
}

void Pipeline::adopt(std::unique_ptr<Connection> connection) {
  if (closed_) return;
  auto on_progress = [weak = weak_from_this()] {
    if (auto self = weak.lock()) self->pump();
  };
  channel_ =
      std::make_shared<Channel>(std::move(connection), silence_limit(options_), std::move(on_progress));
  channel_->start();
}

void Pipeline::fail_waiting(const Error& error) {
  for (auto waiting = std::exchange(waiting_, {}); const auto& request : waiting)
    request->finish(fail(error));
}

void Pipeline::close() {
  closed_ = true;
  fail_waiting(connection_error("closed"));
  if (auto channel = std::exchange(channel_, nullptr)) channel->close("closed");
}

}  // namespace sandbar::pg
