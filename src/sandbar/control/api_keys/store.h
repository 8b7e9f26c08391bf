// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "sandbar/control/access/types.h"
#include "sandbar/control/api_keys/types.h"
#include "sandbar/pg/database.h"

namespace sandbar::control::api_keys {

struct KeyRow {
  ApiKeyId id;
  TeamId team_id;
  std::string name, key_hash, key_prefix;
  std::vector<KeyScope> scopes;
  std::optional<UserId> created_by;
  std::optional<Time> expires_at;
};

// What the user is in the team now, and no more or less until the end of the transaction.
Task<Result<std::optional<access::TeamRole>>> lock_team_and_find_role(pg::Transaction& tx, TeamId team,
                                                                      UserId user);
// quota_exceeded if the team has `max_keys` already.
Task<Result<ApiKey>> insert_key(pg::Session& session, KeyRow key, int max_keys);
Task<Result<std::vector<ApiKey>>> list_keys(pg::Session& session, TeamId team);
// Locks the row.
Task<Result<std::optional<UserId>>> get_key_creator(pg::Transaction& tx, TeamId team, ApiKeyId id);
Task<Result<void>> delete_key(pg::Session& session, TeamId team, ApiKeyId id);
Task<Result<std::vector<ApiKeyId>>> delete_keys_of_member(pg::Session& session, TeamId team, UserId member);
Task<Result<std::vector<ApiKeyId>>> delete_keys_of_team(pg::Session& session, TeamId team);

}  // namespace sandbar::control::api_keys
