// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "sandbar/control/access/types.h"
#include "sandbar/pg/database.h"

namespace sandbar::control::teardown {

// Nothing is made for the team until the end of the transaction. Its name; not_found unless it is live.
Task<Result<std::string>> lock_team(pg::Transaction& tx, TeamId team);
Task<Result<std::optional<access::TeamRole>>> find_role(pg::Session& session, TeamId team, UserId user);
Task<Result<void>> mark_deleted(pg::Session& session, TeamId team);
Task<Result<void>> delete_invitations(pg::Session& session, TeamId team);
// All that are not on their way out yet.
Task<Result<std::vector<SandboxId>>> mark_sandboxes(pg::Session& session, TeamId team);

Task<Result<std::vector<TeamId>>> list_deleted_teams(pg::Session& session, int limit);

struct SandboxRow {
  SandboxId id;
  std::optional<HostId> host_id;
  std::optional<std::string> address, cert_fingerprint;
  bool is_reachable = false;
};
BOOST_DESCRIBE_STRUCT(SandboxRow, (), (id, host_id, address, cert_fingerprint, is_reachable))
// Those that are stopping.
Task<Result<std::vector<SandboxRow>>> list_sandboxes(pg::Session& session, TeamId team, int limit);
Task<Result<int>> end_sandboxes(pg::Session& session, TeamId team, std::vector<SandboxId> ids);

struct TemplateRow {
  TemplateId id;
  std::string name;
};
BOOST_DESCRIBE_STRUCT(TemplateRow, (), (id, name))
Task<Result<std::vector<TemplateRow>>> list_templates(pg::Session& session, TeamId team, int limit);
Task<Result<std::vector<HostId>>> list_hosts(pg::Session& session, TeamId team, int limit);
// False while something is left.
Task<Result<bool>> finish(pg::Session& session, TeamId team);

}  // namespace sandbar::control::teardown
