// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/events/feed.h"

#include <boost/asio/post.hpp>

namespace sandbar::control::events {

void Feed::attach(Executor executor, Deliver deliver) {
  std::scoped_lock lock(mutex_);
  threads_.push_back({std::move(executor), std::move(deliver)});
}

void Feed::join() {
  std::scoped_lock lock(mutex_);
  ++listeners_;
}

void Feed::leave() {
  std::scoped_lock lock(mutex_);
  --listeners_;
}

bool Feed::is_read() const {
  std::scoped_lock lock(mutex_);
  return is_read_;
}

bool Feed::is_wanted() {
  std::scoped_lock lock(mutex_);
  if (listeners_ == 0) is_read_ = false;
  return listeners_ > 0;
}

void Feed::begin() {
  std::scoped_lock lock(mutex_);
  is_read_ = true;
}

void Feed::deliver(const Batch& batch) {
  std::scoped_lock lock(mutex_);
  for (auto& thread : threads_)
    boost::asio::post(thread.executor, [deliver = thread.deliver, batch] { deliver(batch); });
}

}  // namespace sandbar::control::events
