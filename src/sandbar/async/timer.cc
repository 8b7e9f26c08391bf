// SPDX-License-Identifier: Apache-2.0
#include "sandbar/async/timer.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include "sandbar/async/event.h"

namespace sandbar {
namespace {

constexpr auto kNoThrow = boost::asio::as_tuple(boost::asio::use_awaitable);

// Both a notification and the cancellation of the waiting task end a wait with operation_aborted; only the
// task's own cancellation state tells them apart.
Task<void> throw_if_cancelled() {
  auto state = co_await boost::asio::this_coro::cancellation_state;
  if (state.cancelled() != boost::asio::cancellation_type::none)
    throw boost::system::system_error(boost::asio::error::operation_aborted);
}

}  // namespace

Task<void> sleep_for(std::chrono::milliseconds time) {
  boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor, time);
  co_await timer.async_wait(boost::asio::use_awaitable);
}

Task<void> Event::wait() {
  co_await timer_.async_wait(kNoThrow);
  co_await throw_if_cancelled();
}

Task<bool> Event::wait_for(std::chrono::milliseconds limit) {
  using namespace boost::asio::experimental::awaitable_operators;
  auto first = co_await (wait() || sleep_for(limit));
  co_return first.index() == 0;
}

}  // namespace sandbar
