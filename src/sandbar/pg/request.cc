// SPDX-License-Identifier: Apache-2.0
#include "sandbar/pg/request.h"

#include <libpq-fe.h>

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace sandbar::pg {

namespace asio = boost::asio;

void ResultFree::operator()(pg_result* result) const { PQclear(result); }

void Request::finish(Result<Rows> outcome) {
  if (outcome_) return;
  outcome_.emplace(std::move(outcome));
  wake({});
}

// Posted, so that the woken task never runs inside the loop that reads answers.
void Request::wake(boost::system::error_code why) {
  if (!waiter_) return;
  Waiter waiter(std::move(*waiter_));
  waiter_.reset();
  asio::post(executor_, [waiter = std::move(waiter), why]() mutable { std::move(waiter)(why); });
}

Task<Result<Rows>> Request::wait(std::shared_ptr<Request> self) {
  auto start = [&self](auto handler) {
    auto slot = asio::get_associated_cancellation_slot(handler);
    if (slot.is_connected()) {
      slot.assign([weak = std::weak_ptr(self)](asio::cancellation_type) {
        if (auto request = weak.lock()) request->wake(asio::error::operation_aborted);
      });
    }
    self->waiter_.emplace(std::move(handler));
  };
  if (!self->outcome_)
    co_await asio::async_initiate<const asio::use_awaitable_t<>, void(boost::system::error_code)>(
        start, asio::use_awaitable);
  co_return std::move(*self->outcome_);
}

}  // namespace sandbar::pg
