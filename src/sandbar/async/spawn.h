// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/cancellation_signal.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "sandbar/async/event.h"
#include "sandbar/async/task.h"

// Starting tasks that nobody awaits. An exception that leaves such a task is logged with the task's name and
// goes no further: one broken task must not end the process.

namespace sandbar {

void spawn(Executor executor, std::string name, Task<void> task);

// Owns a group of spawned tasks, all on one executor, so that they can be cancelled and waited for. It must
// outlive its tasks: await shut_down() before destroying it.
class Supervisor {
 public:
  explicit Supervisor(Executor executor) : executor_(executor), idle_(executor) {}

  void spawn(std::string name, Task<void> task);
  std::size_t running() const { return signals_.size(); }
  // Asks every task to stop at its next suspension, and waits until all have ended.
  Task<void> shut_down();
  // Waits until no task is left, without cancelling.
  Task<void> drained();

 private:
  Executor executor_;
  Event idle_;
  std::uint64_t next_ = 0;
  std::map<std::uint64_t, std::unique_ptr<boost::asio::cancellation_signal>> signals_;
};

}  // namespace sandbar
