// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "sandbar/control/api_keys/types.h"
#include "sandbar/pg/database.h"

namespace sandbar::control::api_keys {

struct KeyRow {
  ApiKeyId id;
  TeamId team_id;
  std::string name, key_hash, key_prefix;
  std::optional<UserId> created_by;
  std::optional<Time> expires_at;
};

// quota_exceeded if the team has `max_keys` already.
Task<Result<ApiKey>> insert_key(pg::Session& session, KeyRow key, int max_keys);
Task<Result<std::vector<ApiKey>>> list_keys(pg::Session& session, TeamId team);
// Locks the row.
Task<Result<std::optional<UserId>>> get_key_creator(pg::Transaction& tx, TeamId team, ApiKeyId id);
Task<Result<void>> delete_key(pg::Session& session, TeamId team, ApiKeyId id);

}  // namespace sandbar::control::api_keys
