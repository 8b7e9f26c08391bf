// SPDX-License-Identifier: Apache-2.0
#include "sandbar/pg/pool.h"

#include "sandbar/async/spawn.h"
#include "sandbar/base/scope_exit.h"
#include "sandbar/pg/errors.h"
#include "sandbar/pg/pipeline.h"

namespace sandbar::pg {

Lease::~Lease() {
  if (!channel_) return;
  if (channel_->lost() || (cleaning_.empty() && channel_->in_flight() == 0)) {
    pool_->give(std::move(channel_));
  } else {
    auto cleaning = submit({}, cleaning_.empty() ? "ROLLBACK" : cleaning_);
    spawn(pool_->executor_, "database clean-up",
          Pool::clean(pool_, std::move(channel_), std::move(cleaning)));
  }
}

RequestPtr Lease::submit(std::string_view name, std::string_view sql, std::vector<Param> params) {
  auto request = std::make_shared<Request>(pool_->executor_, name, sql, std::move(params));
  channel_->submit(request);
  return request;
}

Task<void> Pool::clean(std::shared_ptr<Pool> self, ChannelPtr channel, RequestPtr cleaning) {
  auto done = co_await Request::wait(std::move(cleaning));
  if (!done) channel->close("could not be cleaned");
  self->give(std::move(channel));
}

Task<Result<Lease>> Pool::take() {
  while (!closed_) {
    if (!idle_.empty()) {
      auto channel = std::move(idle_.back());
      idle_.pop_back();
      if (!channel->lost()) co_return Lease(shared_from_this(), std::move(channel));
      --size_;
    } else if (size_ < options_.pool_size) {
      co_return co_await open();
    } else {
      bool freed = co_await freed_.wait_for(options_.connect_timeout);
      if (!freed) co_return fail(connection_error("every pooled connection is in use"));
    }
  }
  co_return fail(connection_error("closed"));
}

Task<Result<Lease>> Pool::open() {
  ++size_;
  ScopeExit forget([this] {
    --size_;
    freed_.notify_all();
  });
  CO_TRY(auto connection, co_await Connection::connect(executor_, options_));
  auto channel = std::make_shared<Channel>(std::move(connection), silence_limit(options_), [] {});
  channel->start();
  std::erase_if(all_, [](const auto& known) { return known.expired(); });
  all_.push_back(channel);
  forget.release();
  co_return Lease(shared_from_this(), std::move(channel));
}

void Pool::give(ChannelPtr channel) {
  if (closed_ || channel->lost()) {
    channel->close("closed");
    --size_;
  } else {
    idle_.push_back(std::move(channel));
  }
  freed_.notify_all();
}

void Pool::close() {
  closed_ = true;
  idle_.clear();
  for (const auto& known : std::exchange(all_, {}))
    if (auto channel = known.lock()) channel->close("closed");
  freed_.notify_all();
}

}  // namespace sandbar::pg
