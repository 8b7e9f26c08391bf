// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

namespace sandbar::control::agents {

// How long control waits for an agent's answer.
struct AgentLimits {
  std::chrono::milliseconds quick{10'000};      // what is answered from memory
  std::chrono::milliseconds moving{120'000};    // create, pause, resume, destroy
  std::chrono::milliseconds snapshot{600'000};  // disk and memory are written
};

}  // namespace sandbar::control::agents
