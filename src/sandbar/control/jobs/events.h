// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

#include "sandbar/control/audit/types.h"
#include "sandbar/control/jobs/types.h"

// Audit entries of what jobs find out; the actor is the system.

namespace sandbar::control::jobs {

inline audit::Event sandbox_event(audit::What what, const SandboxRow& row, std::string cause) {
  auto event = audit::happened(what, row.team_id, access::system_actor(), row.id.str());
  if (!cause.empty()) event.metadata = {{"cause", std::move(cause)}};
  return event;
}

inline audit::Event host_event(audit::What what, const LostHost& host) {
  return audit::happened(what, host.team_id.value_or(kPlatformTeam), access::system_actor(), host.id.str());
}

}  // namespace sandbar::control::jobs
