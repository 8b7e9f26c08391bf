// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/hosts/events.h"

namespace sandbar::control::hosts {

audit::Event host_event(access::Actor actor, HostId id, std::optional<TeamId> team, std::string action,
                        audit::Status status) {
  audit::Event event{.team = team.value_or(kPlatformTeam),
                     .actor = std::move(actor),
                     .resource_type = "host",
                     .action = std::move(action)};
  event.resource_id = id.str();
  event.status = status;
  event.scope = audit::Scope::admin;
  return event;
}

audit::Event host_event(access::Actor actor, const Host& host, std::string action, audit::Status status) {
  return host_event(std::move(actor), host.id, host.team_id, std::move(action), status);
}

audit::Event lost_with_host(access::Actor actor, const Host& host, const EndedSandbox& sandbox) {
  audit::Event event{
      .team = sandbox.team_id, .actor = std::move(actor), .resource_type = "sandbox", .action = "destroy"};
  event.resource_id = sandbox.id.str();
  event.status = audit::Status::warning;
  event.metadata["cause"] = "its host was removed";
  event.metadata["host_id"] = host.id.str();
  return event;
}

}  // namespace sandbar::control::hosts
