// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/async/event.h"
#include "sandbar/async/task.h"

// A mutex for tasks of one executor: whoever holds it may suspend. Not fair, not recursive, free of threads.
//   auto hold = co_await lock.take();

namespace sandbar {

class TaskLock {
 public:
  class [[nodiscard]] Hold {
   public:
    explicit Hold(TaskLock& lock) : lock_(&lock) {}
    Hold(Hold&& other) noexcept : lock_(std::exchange(other.lock_, nullptr)) {}
    Hold& operator=(Hold&&) = delete;
    ~Hold() {
      if (!lock_) return;
      lock_->taken_ = false;
      lock_->freed_.notify_all();
    }

   private:
    TaskLock* lock_;
  };

  explicit TaskLock(Executor executor) : freed_(std::move(executor)) {}

  Task<Hold> take() {
    while (taken_) co_await freed_.wait();
    taken_ = true;
    co_return Hold(*this);
  }
  bool taken() const { return taken_; }

 private:
  bool taken_ = false;
  Event freed_;
};

}  // namespace sandbar
