// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <chrono>

#include "sandbar/async/task.h"

// Waiting for "something changed" between tasks of one executor (no threads involved): check the condition in
// a loop.
//   while (!ready_) co_await changed_.wait();

namespace sandbar {

class Event {
 public:
  explicit Event(Executor executor)
      : timer_(std::move(executor), boost::asio::steady_timer::time_point::max()) {}

  // Returns at the next notify_all(); throws operation_aborted when the waiting task itself is cancelled.
  Task<void> wait();
  // Returns true if notified, false once `limit` is over.
  Task<bool> wait_for(std::chrono::milliseconds limit);
  void notify_all() { timer_.cancel(); }

 private:
  boost::asio::steady_timer timer_;
};

}  // namespace sandbar
