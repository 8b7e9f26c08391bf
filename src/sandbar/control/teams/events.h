// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/audit/types.h"

// Audit entries of teams and of who is in them.

namespace sandbar::control::teams {

inline audit::Event team_event(const access::Actor& actor, TeamId team, std::string action,
                               audit::Status status) {
  return {.team = team,
          .actor = actor,
          .resource_type = "team",
          .action = std::move(action),
          .resource_id = team.str(),
          .status = status};
}

// About a membership or an invitation; for owners and admins.
inline audit::Event people_event(const access::Actor& actor, TeamId team, std::string resource_type,
                                 std::string resource_id, std::string action) {
  return {.team = team,
          .actor = actor,
          .resource_type = std::move(resource_type),
          .action = std::move(action),
          .resource_id = std::move(resource_id),
          .scope = audit::Scope::admin};
}

}  // namespace sandbar::control::teams
