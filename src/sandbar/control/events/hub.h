// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <set>

#include "sandbar/async/event.h"
#include "sandbar/control/events/audience.h"
#include "sandbar/control/events/feed.h"

// The sockets of one thread that listen to changes. Each has a queue of its own, which is bounded: one that
// does not keep up is closed, and the others do not notice.

namespace sandbar::control::events {

class Hub;

class Subscription {
 public:
  enum class Trouble { none, slow, missed, ending };

  Subscription(Hub& hub, Listener listener);
  Subscription(const Subscription&) = delete;
  ~Subscription();

  // What was committed up to there is told otherwise, or not at all.
  void start_after(Position position);
  // Waits for the next one; nothing once `limit` is over.
  Task<std::shared_ptr<const Change>> next(std::chrono::milliseconds limit);
  // Where the listener stands when its queue is empty.
  Position position() const { return position_; }
  // Returns once all up to there has been taken from the queue and dealt with, something is wrong, or `limit`
  // is over.
  Task<void> told(Position position, std::chrono::milliseconds limit);

  // Returns when something concerns the listener itself or is wrong, or `limit` is over.
  Task<void> alarmed(std::chrono::milliseconds limit);
  Trouble trouble() const { return trouble_; }
  const Listener& listener() const { return listener_; }
  void become(Listener listener) { listener_ = std::move(listener); }

 private:
  friend class Hub;
  void take(const Batch& batch);
  void end(Trouble trouble);

  Hub& hub_;
  Listener listener_;
  Position position_;
  std::deque<std::shared_ptr<const Change>> queue_;
  Trouble trouble_ = Trouble::none;
  bool is_concerned_ = false;
  // Whether whoever took the last change has not come back for another yet.
  bool is_telling_ = false;
  Event arrived_, alarm_, moved_;
};

class Hub {
 public:
  Hub(Executor executor, Feed& feed);
  Hub(const Hub&) = delete;

  const Executor& executor() const { return executor_; }
  // Sockets of that actor on this thread.
  std::size_t count(const std::string& actor) const;
  // unavailable if nobody reads even after a while.
  Task<Result<void>> being_read();
  // Ends all sockets, and refuses further ones.
  void close();
  bool is_closed() const { return is_closed_; }

 private:
  friend class Subscription;
  void deliver(const Batch& batch);

  Executor executor_;
  Feed& feed_;
  std::set<Subscription*> subscriptions_;
  bool is_closed_ = false;
};

}  // namespace sandbar::control::events
