// SPDX-License-Identifier: Apache-2.0
#include "sandbar/http/sweeper.h"

#include <algorithm>

namespace sandbar::http {

using std::chrono::milliseconds;

Sweeper::Sweeper(Executor executor, milliseconds shortest_limit)
    : timer_(std::move(executor)),
      period_(std::clamp(shortest_limit / 8, milliseconds(5), milliseconds(5000))) {}

void Sweeper::watch(Entry& entry) {
  bool first = entries_.empty();
  entries_.push_back(entry);
  entry.sweeper_ = shared_from_this();
  if (first) arm();
}

void Sweeper::Entry::leave() {
  if (!sweeper_) return;
  sweeper_->entries_.erase(sweeper_->entries_.iterator_to(*this));
  if (sweeper_->entries_.empty()) sweeper_->timer_.cancel();
  sweeper_.reset();
}

void Sweeper::arm() {
  timer_.expires_after(period_);
  timer_.async_wait([self = weak_from_this()](boost::system::error_code ec) {
    auto sweeper = self.lock();
    if (!ec && sweeper) sweeper->sweep();
  });
}

void Sweeper::sweep() {
  auto now = std::chrono::steady_clock::now();
  for (auto it = entries_.begin(); it != entries_.end();) {
    auto& entry = *it++;
    if (entry.read_by <= now || entry.write_by <= now) entry.expired();
  }
  if (!entries_.empty()) arm();
}

}  // namespace sandbar::http
