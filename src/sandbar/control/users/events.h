// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/audit/types.h"

// What happens to accounts stands in the platform team's log: it is nobody's team that it happened in.

namespace sandbar::control::users {

inline access::Actor actor_of(UserId id, std::string name, const access::Client& client) {
  access::Actor actor{.type = access::ActorType::user, .id = id.str(), .name = std::move(name)};
  actor.user = id;
  actor.source_ip = client.ip;
  actor.user_agent = client.user_agent;
  return actor;
}

inline audit::Event event(audit::What what, access::Actor actor, UserId user) {
  return audit::happened(what, kPlatformTeam, std::move(actor), user.str());
}

}  // namespace sandbar::control::users
