// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/audit/types.h"

// What happens to accounts stands in the platform team's log: it is nobody's team that it happened in.

namespace sandbar::control::users {

inline access::Actor actor_of(UserId id, std::string name, const access::Client& client) {
  access::Actor actor{.type = access::ActorType::user, .id = id.str(), .name = std::move(name)};
  actor.user = id;
  actor.source_ip = client.ip;
  return actor;
}

inline audit::Event event(access::Actor actor, UserId user, std::string action,
                          audit::Status status = audit::Status::success) {
  audit::Event event{.team = kPlatformTeam, .actor = std::move(actor), .resource_type = "user"};
  event.action = std::move(action);
  event.resource_id = user.str();
  event.status = status;
  event.scope = audit::Scope::admin;
  return event;
}

}  // namespace sandbar::control::users
