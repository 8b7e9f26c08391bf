// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/hosts/events.h"

namespace sandbar::control::hosts {

using audit::What;

audit::Event host_event(What what, access::Actor actor, HostId id, std::optional<TeamId> team,
                        boost::json::object metadata) {
  return audit::happened(what, team.value_or(kPlatformTeam), std::move(actor), id.str(), std::move(metadata));
}

audit::Event host_event(What what, access::Actor actor, const Host& host, boost::json::object metadata) {
  return host_event(what, std::move(actor), host.id, host.team_id, std::move(metadata));
}

audit::Event lost_with_host(access::Actor actor, const Host& host, const EndedSandbox& sandbox) {
  return audit::happened(What::sandbox_destroy_with_host, sandbox.team_id, std::move(actor), sandbox.id.str(),
                         {{"cause", "its host was removed"}, {"host_id", host.id.str()}});
}

}  // namespace sandbar::control::hosts
