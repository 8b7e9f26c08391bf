// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/access/types.h"
#include "sandbar/control/events/types.h"

// Who may hear of what. A change tells of nothing that its listener could not ask for.

namespace sandbar::control::events {

struct Listener {
  std::string actor;  // wire id
  std::optional<TeamId> team;
  std::optional<UserId> user;
  Scope scope = Scope::team;
  bool is_manager = false, is_key = false, hears_hosts = true;
};

// forbidden for the platform's scope unless the actor is a platform admin.
Result<Listener> listener_of(const access::Actor& actor, Scope scope);

bool hears(const Listener& listener, const Change& change);
// About the very user who listens, so that what the user may do can have changed.
bool concerns(const Listener& listener, const Change& change);

// "sb-…" of a sandbox.
std::string wire_id(const Change& change);

}  // namespace sandbar::control::events
