// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <mutex>
#include <vector>

#include "sandbar/async/task.h"
#include "sandbar/control/events/types.h"

// What the threads of a process share: how many sockets listen, and where to pass what the one reader has
// read. Nobody reads while nobody listens.

namespace sandbar::control::events {

// Changes of one delivery.
inline constexpr int kMaxBatch = 1000;

class Feed {
 public:
  using Deliver = std::function<void(const Batch&)>;

  // Once by each thread, at the start; `deliver` is called on its executor.
  void attach(Executor executor, Deliver deliver);

  // By those who listen.
  void join();
  void leave();
  // Whether whatever is committed from now on will be delivered.
  bool is_read() const;

  // By the reader. Whether anybody listens; if not, it has to begin anew when somebody does.
  bool is_wanted();
  void begin();
  void deliver(const Batch& batch);

 private:
  struct Thread {
    Executor executor;
    Deliver deliver;
  };
  mutable std::mutex mutex_;
  std::vector<Thread> threads_;
  int listeners_ = 0;
  bool is_read_ = false;
};

}  // namespace sandbar::control::events
