// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <set>

#include "sandbar/agent/manager.h"

// Looks at all sandboxes again and again: lets those expire that have been idle for longer than their
// timeout, and samples what they use. One that cannot be paused goes on and is tried again later.

namespace sandbar::agent {

class Reaper {
 public:
  Reaper(World& world, Manager& manager, std::chrono::milliseconds period,
         std::chrono::milliseconds sample_period = std::chrono::seconds(5))
      : world_(world), manager_(manager), period_(period), sample_period_(sample_period) {}

  // Until cancelled.
  Task<void> run();
  // One look.
  void tick();

 private:
  Task<void> expire(SandboxId id);

  World& world_;
  Manager& manager_;
  std::chrono::milliseconds period_, sample_period_;
  Time next_sample_ = Time::min();
  std::set<SandboxId> expiring_;
};

}  // namespace sandbar::agent
