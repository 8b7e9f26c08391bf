// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/guests/types.h"
#include "sandbar/control/sandboxes/service.h"

// The door to guests: who may enter is decided by the sandbox service.

namespace sandbar::control::guests {

class GuestService {
 public:
  explicit GuestService(sandboxes::SandboxService& sandboxes) : sandboxes_(sandboxes) {}

  // not_found, invalid_state if it does not run, invalid_request for a user name that cannot be one.
  Task<Result<Guest>> enter(access::Actor actor, SandboxId id, std::optional<std::string> user);

 private:
  sandboxes::SandboxService& sandboxes_;
};

}  // namespace sandbar::control::guests
