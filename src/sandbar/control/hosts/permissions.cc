// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/hosts/permissions.h"

namespace sandbar::control::hosts {

bool can_see(const access::Actor& actor, const Host& host) {
  if (actor.is_platform_admin) return true;
  return actor.team && host.type == HostType::byoc && host.team_id == actor.team->id;
}

Result<void> check_manage(const access::Actor& actor, const Host& host) {
  if (!can_see(actor, host)) return fail(not_found("host", host.id.str()));
  if (actor.is_platform_admin || actor.manages_hosts()) return {};
  return fail(Error{Errc::forbidden, "only owners and admins of the team may do this"});
}

}  // namespace sandbar::control::hosts
