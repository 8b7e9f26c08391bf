// SPDX-License-Identifier: Apache-2.0
#include "sandbar/guest/subscription.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace sandbar::guest {

Subscription::Subscription(Process::Ptr process) : process_(std::move(process)), wake_(process_->executor_) {
  process_->subscriptions_.push_back(this);
}

Subscription::~Subscription() {
  std::erase(process_->subscriptions_, this);
  process_->resume_reading();
}

Task<Subscription::Next> Subscription::next(std::chrono::milliseconds silence) {
  for (;;) {
    if (dropped_) co_return Next::dropped;
    if (!queue_.empty()) co_return Next::output;
    if (process_->ended()) co_return Next::end;
    wake_.expires_after(silence);
    auto [error] = co_await wake_.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
    if (!error) co_return Next::keepalive;
    auto state = co_await boost::asio::this_coro::cancellation_state;
    if (state.cancelled() != boost::asio::cancellation_type::none)
      throw boost::system::system_error(boost::asio::error::operation_aborted);
  }
}

ProcessMessage Subscription::take() {
  auto item = std::move(queue_.front());
  queue_.pop_front();
  took_since_check_ = true;
  bool was_full = is_full();
  queued_bytes_ -= item.bytes;
  if (was_full && !is_full()) process_->resume_reading();
  return std::move(item.message);
}

void Subscription::push(ProcessMessage message, std::size_t bytes) {
  if (dropped_) return;
  queue_.push_back({std::move(message), bytes});
  queued_bytes_ += bytes;
  wake();
}

void Subscription::drop() {
  dropped_ = true;
  queue_.clear();
  queued_bytes_ = 0;
  wake();
}

}  // namespace sandbar::guest
