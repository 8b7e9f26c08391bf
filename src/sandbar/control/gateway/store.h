// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "sandbar/control/gateway/types.h"
#include "sandbar/pg/database.h"

namespace sandbar::control::gateway {

Task<Result<std::optional<Destination>>> find_destination_any_team(pg::Session& session, SandboxId id,
                                                                   int port);
// not_found for another team's. Port and host are not filled in.
Task<Result<Destination>> lock_sandbox(pg::Transaction& tx, TeamId team, SandboxId id);
Task<Result<std::vector<Port>>> list_ports(pg::Session& session, TeamId team, SandboxId id);
// The sandbox must be locked. quota_exceeded beyond `max_ports`.
Task<Result<Port>> put_port(pg::Transaction& tx, SandboxId id, Port port, std::string updated_by,
                            int max_ports);
Task<Result<bool>> delete_port(pg::Transaction& tx, SandboxId id, int port);
Task<Result<void>> revoke_links(pg::Transaction& tx, TeamId team, SandboxId id);

}  // namespace sandbar::control::gateway
