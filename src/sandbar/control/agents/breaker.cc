// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/agents/breaker.h"

#include <algorithm>

namespace sandbar::control::agents {

bool Breaker::may_try(Moment now) {
  if (failures_ < kFailures) return true;
  if (now < closed_until_) return false;
  closed_until_ = now + pause_;  // others wait for the outcome of this one
  return true;
}

void Breaker::succeeded() {
  failures_ = 0;
  pause_ = kFirstPause;
}

void Breaker::failed(Moment now) {
  if (++failures_ < kFailures) return;
  closed_until_ = now + pause_;
  pause_ = std::min(pause_ * 2, kLongestPause);
}

}  // namespace sandbar::control::agents
