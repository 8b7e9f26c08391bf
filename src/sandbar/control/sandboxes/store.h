// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/sandboxes/admin.h"
#include "sandbar/control/sandboxes/types.h"
#include "sandbar/pg/database.h"

// Rows of sandboxes. Moves are compare-and-set over the transition table: invalid_state if the row is in no
// status from which `to` can be reached.

namespace sandbar::control::sandboxes {

// What a move says whose row was in no status that it may come from.
Error not_possible_now(SandboxState to);

Task<Result<void>> insert_sandboxes_any_team(pg::Session& session, std::vector<Sandbox> rows);
Task<Result<Sandbox>> get_sandbox(pg::Session& session, TeamId team, SandboxId id);
// One more than asked for if there are more.
Task<Result<std::vector<NamedSandbox>>> list_sandboxes_any_team(pg::Session& session, ListAnyTeam list);
Task<Result<std::vector<Sandbox>>> list_sandboxes(pg::Session& session, ListSandboxes list);

// Whose hosts can be asked, and had lost control not longer ago than that.
Task<Result<std::vector<PausedByOutage>>> list_paused_by_outage_any_team(pg::Session& session,
                                                                         std::chrono::milliseconds within,
                                                                         int limit);

Task<Result<void>> move_any_team(pg::Session& session, SandboxId id, SandboxState to, std::string cause);
// The same, only from these statuses.
Task<Result<void>> move_any_team(pg::Session& session, SandboxId id, std::vector<SandboxState> from,
                                 SandboxState to, std::string cause);
// Of one that its first host did not start.
Task<Result<void>> replace_host_any_team(pg::Session& session, SandboxId id, HostId host, std::string cause);
// The move to `to`, and what the agent reported with it. `from` may contain `to`: then only the report is
// applied.
Task<Result<Sandbox>> settle_any_team(pg::Session& session, agents::SandboxReport report,
                                      std::vector<SandboxState> from, SandboxState to, std::string cause);
// The same of many; the answer has those that moved, in any order.
Task<Result<std::vector<Sandbox>>> settle_any_team(pg::Session& session,
                                                   std::vector<agents::SandboxReport> reports,
                                                   std::vector<SandboxState> from, SandboxState to,
                                                   std::string cause, IfLocked if_locked);

}  // namespace sandbar::control::sandboxes
