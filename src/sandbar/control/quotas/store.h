// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/quotas/types.h"
#include "sandbar/pg/database.h"

namespace sandbar::control::quotas {

// None are set if the team has no row.
Task<Result<Overrides>> find_overrides(pg::Session& session, TeamId team);
Task<Result<void>> put_overrides(pg::Session& session, TeamId team, Overrides overrides);
// Without templates. The lock ends with the transaction.
Task<Result<Use>> lock_totals(pg::Transaction& tx, TeamId team);
// Locked in the order of the teams' ids.
Task<Result<Holdings>> lock_holdings_any_team(pg::Transaction& tx, std::vector<TeamId> teams);
Task<Result<std::int64_t>> count_templates(pg::Session& session, TeamId team);
// Nothing for a team that does not live.
Task<Result<std::optional<Use>>> find_use(pg::Session& session, TeamId team);

}  // namespace sandbar::control::quotas
