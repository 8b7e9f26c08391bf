// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json/object.hpp>
#include <vector>

#include "sandbar/control/audit/types.h"
#include "sandbar/pg/database.h"

// The tables that make a chain of the audit log.

namespace sandbar::control::audit {

// Where a chain ends.
struct Head {
  TeamId team_id;
  std::int64_t seq = 0;
  std::string hash;
};
BOOST_DESCRIBE_STRUCT(Head, (), (team_id, seq, hash))

struct Link {
  TeamId team_id;
  std::int64_t seq = 0;
  AuditLogId log_id;
  std::string hash;
};
BOOST_DESCRIBE_STRUCT(Link, (), (team_id, seq, log_id, hash))

struct Waiting {
  bool unsealed = false, spilled = false;
};
BOOST_DESCRIBE_STRUCT(Waiting, (), (unsealed, spilled))

// What an export shows of an entry to owners and admins, but for its place on the chain, and what its digest
// is made of.
boost::json::object sealed_form(const Entry& entry);

Task<Result<Waiting>> find_waiting(pg::Session& session);
// How many batches of refused entries the log has taken now.
Task<Result<int>> drain_spill(pg::Session& session, int most);
// False while another replica seals. Ends with the transaction.
Task<Result<bool>> try_lock_chains(pg::Transaction& tx);
// In their order of arrival.
Task<Result<std::vector<Entry>>> list_unsealed_any_team(pg::Session& session, int limit);
// Only of teams that have a chain.
Task<Result<std::vector<Head>>> list_heads(pg::Session& session, std::vector<TeamId> teams);
// The entries wait no more.
Task<Result<void>> insert_links(pg::Transaction& tx, std::vector<Link> links);
Task<Result<void>> update_heads(pg::Transaction& tx, std::vector<Head> heads);

// For verification.
Task<Result<std::vector<Link>>> list_links(pg::Session& session, TeamId team, std::int64_t after, int limit);
Task<Result<std::vector<Entry>>> list_entries_by_id(pg::Session& session, TeamId team,
                                                    std::vector<AuditLogId> ids);
Task<Result<std::optional<Head>>> find_head(pg::Session& session, TeamId team);
// An entry that is neither chained nor waiting to be, and one that waits and is gone.
Task<Result<std::optional<AuditLogId>>> find_unchained(pg::Session& session, TeamId team);
Task<Result<std::optional<AuditLogId>>> find_vanished(pg::Session& session, TeamId team);
Task<Result<std::int64_t>> count_unsealed(pg::Session& session, TeamId team);
Task<Result<std::vector<TeamId>>> list_teams_from(pg::Session& session, TeamId first, int limit);

}  // namespace sandbar::control::audit
