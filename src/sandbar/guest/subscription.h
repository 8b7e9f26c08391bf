// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>

#include "sandbar/guest/process.h"

namespace sandbar::guest {

// One client's view of a process's events from now on. The queue is bounded: while it is full the process's
// output is not read, and a subscriber that takes nothing for kStallLimit while others want more is dropped.
class Subscription {
 public:
  static constexpr std::size_t kQueueBytes = 256 * 1024;
  static constexpr std::chrono::seconds kStallLimit{5};

  enum class Next { output, keepalive, end, dropped };

  explicit Subscription(Process::Ptr process);
  ~Subscription();
  Subscription(const Subscription&) = delete;
  Subscription& operator=(const Subscription&) = delete;

  // What comes next; `keepalive` after so much silence. Output is then fetched by take().
  Task<Next> next(std::chrono::milliseconds silence);
  ProcessMessage take();
  Process& process() { return *process_; }

 private:
  friend class Process;
  bool is_full() const { return queued_bytes_ >= kQueueBytes; }
  void push(ProcessMessage message, std::size_t bytes);
  void drop();
  void wake() { wake_.cancel(); }

  struct Item {
    ProcessMessage message;
    std::size_t bytes;
  };
  Process::Ptr process_;
  std::deque<Item> queue_;
  std::size_t queued_bytes_ = 0;
  bool took_since_check_ = false, dropped_ = false;
  boost::asio::steady_timer wake_;
};

}  // namespace sandbar::guest
