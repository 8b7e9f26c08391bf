// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

#include "sandbar/control/audit/types.h"
#include "sandbar/control/jobs/types.h"

// Audit entries of what jobs find out; the actor is the system.

namespace sandbar::control::jobs {

inline audit::Event sandbox_event(const SandboxRow& row, std::string action, audit::Status status,
                                  std::string cause) {
  audit::Event event{.team = row.team_id,
                     .actor = access::system_actor(),
                     .resource_type = "sandbox",
                     .action = std::move(action)};
  event.resource_id = row.id.str();
  event.status = status;
  if (!cause.empty()) event.metadata = {{"cause", std::move(cause)}};
  return event;
}

inline audit::Event host_event(const LostHost& host, std::string action, audit::Status status) {
  audit::Event event{.team = host.team_id.value_or(kPlatformTeam),
                     .actor = access::system_actor(),
                     .resource_type = "host",
                     .action = std::move(action)};
  event.resource_id = host.id.str();
  event.status = status;
  event.scope = audit::Scope::admin;
  return event;
}

}  // namespace sandbar::control::jobs
