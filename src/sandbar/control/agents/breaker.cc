// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/agents/breaker.h"

#include <algorithm>

namespace sandbar::control::agents {

bool Breaker::may_try(Moment now) {
  std::scoped_lock lock(mutex_);
  if (failures_ < kFailures) return true;
  if (now < closed_until_) return false;
  closed_until_ = now + pause_;  // others wait for the outcome of this one
  return true;
}

void Breaker::succeeded() {
  std::scoped_lock lock(mutex_);
  failures_ = 0;
  pause_ = kFirstPause;
}

void Breaker::failed(Moment now) {
  std::scoped_lock lock(mutex_);
  if (++failures_ < kFailures) return;
  closed_until_ = now + pause_;
  pause_ = std::min(pause_ * 2, kLongestPause);
}

void Breaker::heard() {
  std::scoped_lock lock(mutex_);
  closed_until_ = {};
  pause_ = kFirstPause;
}

std::shared_ptr<Breaker> Breakers::of(HostId host) {
  std::scoped_lock lock(mutex_);
  auto& known = hosts_[host];
  auto breaker = known.lock();
  if (breaker) return breaker;
  known = breaker = std::make_shared<Breaker>();
  std::erase_if(hosts_, [](const auto& entry) { return entry.second.expired(); });
  return breaker;
}

void Breakers::heard(HostId host) {
  std::scoped_lock lock(mutex_);
  auto found = hosts_.find(host);
  if (found == hosts_.end()) return;
  if (auto breaker = found->second.lock()) breaker->heard();
}

}  // namespace sandbar::control::agents
