// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <boost/intrusive/list.hpp>
#include <chrono>
#include <memory>

#include "sandbar/async/task.h"

// The timeouts of many connections with one timer. Setting a deadline is a plain store; a sweep, several
// times per shortest limit, looks at all of them. So a timeout comes up to an eighth of the shortest limit
// late.

namespace sandbar::http {

using Deadline = std::chrono::steady_clock::time_point;
inline constexpr Deadline kNever = Deadline::max();

// 0 means no limit.
inline Deadline after(std::chrono::milliseconds limit) {
  return limit.count() == 0 ? kNever : std::chrono::steady_clock::now() + limit;
}

class Sweeper : public std::enable_shared_from_this<Sweeper> {
 public:
  class Entry : public boost::intrusive::list_base_hook<> {
   public:
    Deadline read_by = kNever, write_by = kNever;

    Entry() = default;
    Entry(const Entry&) = delete;
    virtual ~Entry() { leave(); }
    void leave();

   private:
    friend class Sweeper;
    // Called again at each sweep until the deadlines have moved. It may destroy this entry, but no other.
    virtual void expired() = 0;
    std::shared_ptr<Sweeper> sweeper_;
  };

  Sweeper(Executor executor, std::chrono::milliseconds shortest_limit);
  void watch(Entry& entry);

 private:
  void arm();
  void sweep();

  boost::asio::steady_timer timer_;
  std::chrono::milliseconds period_;
  boost::intrusive::list<Entry, boost::intrusive::constant_time_size<false>> entries_;
};

}  // namespace sandbar::http
