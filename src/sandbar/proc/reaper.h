// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <functional>
#include <unordered_map>

#include "sandbar/async/task.h"

// Waits for all children of this process, orphans that PID 1 inherits included. There is at most one per
// process, and nobody else may wait for children that it could reap. Blocks SIGCHLD in the constructing
// thread: construct it before other threads start.

namespace sandbar::proc {

// How a process ended.
struct Ending {
  int exit_code = 0;  // -1 when a signal ended it
  int signal = 0;     // 0 when it exited
};
Ending ending_of(int wait_status);

class Reaper {
 public:
  using OnEnd = std::function<void(Ending)>;

  explicit Reaper(Executor executor);
  // Calls `on_end` once, from the executor, after `pid` has been reaped. Call it in the same turn that
  // started the child, so that its end cannot be missed, or start the child under expect().
  void watch(pid_t pid, OnEnd on_end);
  // As long as it lives, the ends of unknown children are kept for a later watch(): for starting on another
  // thread.
  class Expectation;
  Expectation expect();
  // Lets go of the signal descriptor, so that the executor can run out of work.
  void stop() { signal_.close(); }

 private:
  void arm();
  void reap();
  void stop_expecting();

  boost::asio::posix::stream_descriptor signal_;
  std::unordered_map<pid_t, OnEnd> watched_;
  int expected_ = 0;
  std::unordered_map<pid_t, Ending> unclaimed_;
};

class Reaper::Expectation {
 public:
  explicit Expectation(Reaper& reaper) : reaper_(reaper) { ++reaper_.expected_; }
  ~Expectation() { reaper_.stop_expecting(); }
  Expectation(const Expectation&) = delete;
  Expectation& operator=(const Expectation&) = delete;

 private:
  Reaper& reaper_;
};

inline Reaper::Expectation Reaper::expect() { return Expectation(*this); }

}  // namespace sandbar::proc
