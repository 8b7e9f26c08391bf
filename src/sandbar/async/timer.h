// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <string>

#include "sandbar/async/task.h"

namespace sandbar {

Task<void> sleep_for(std::chrono::milliseconds time);

// The task's result, or deadline_exceeded once `limit` is over; the task is cancelled then and awaited to its
// end. `doing` completes "… took too long" in the error's detail.
template <class T>
Task<Result<T>> with_timeout(std::chrono::milliseconds limit, std::string doing, Task<Result<T>> task) {
  using namespace boost::asio::experimental::awaitable_operators;
  auto first = co_await (std::move(task) || sleep_for(limit));
  if (first.index() == 0) co_return std::get<0>(std::move(first));
  co_return fail(Error{Errc::deadline_exceeded, "took too long", doing + " took too long"});
}

}  // namespace sandbar
