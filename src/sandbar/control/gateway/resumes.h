// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <optional>

#include "sandbar/control/sandboxes/service.h"

// Traffic that wakes paused sandboxes: however many requests wait for one, it is resumed once.

namespace sandbar::control::gateway {

class Resumes {
 public:
  Resumes(sandboxes::SandboxService& sandboxes, Supervisor& tasks) : sandboxes_(sandboxes), tasks_(tasks) {}

  // Returns when the attempt that is under way is over, or `limit` is. invalid_state: somebody else was
  // faster, or it is not paused any more; the row tells.
  Task<Result<void>> resume(access::Actor actor, SandboxId id, std::chrono::milliseconds limit);

 private:
  struct Attempt {
    explicit Attempt(Executor executor) : ended(std::move(executor)) {}
    Event ended;
    std::optional<Result<void>> outcome;
  };
  Task<void> run(std::shared_ptr<Attempt> attempt, access::Actor actor, SandboxId id);

  sandboxes::SandboxService& sandboxes_;
  Supervisor& tasks_;
  std::map<SandboxId, std::shared_ptr<Attempt>> attempts_;
};

}  // namespace sandbar::control::gateway
