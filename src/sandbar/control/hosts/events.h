// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/audit/types.h"
#include "sandbar/control/hosts/store.h"

// What the audit trail says of hosts. Those of the platform are the platform team's.

namespace sandbar::control::hosts {

audit::Event host_event(audit::What what, access::Actor actor, HostId id, std::optional<TeamId> team,
                        boost::json::object metadata = {});
audit::Event host_event(audit::What what, access::Actor actor, const Host& host,
                        boost::json::object metadata = {});
// A sandbox that ended because its host was removed.
audit::Event lost_with_host(access::Actor actor, const Host& host, const EndedSandbox& sandbox);

}  // namespace sandbar::control::hosts
