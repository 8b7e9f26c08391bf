// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "sandbar/control/access/types.h"
#include "sandbar/control/api_keys/types.h"
#include "sandbar/pg/database.h"

// Keys with which programs act for a team, as far as their scopes go. Any member may make one, but only
// owners and admins one for hosts; members revoke their own, owners and admins any. A key never outlives what
// its maker may do: it works while that user is an active member of the team.

namespace sandbar::control::api_keys {

// Parts of a transaction in which a member leaves, or a team ends.
Task<Result<void>> revoke_keys_of_member(pg::Transaction& tx, access::Actor actor, TeamId team,
                                         UserId member);
Task<Result<void>> revoke_keys_of_team(pg::Transaction& tx, access::Actor actor, TeamId team);

inline constexpr int kDefaultMaxKeys = 200;

class ApiKeysService {
 public:
  ApiKeysService(pg::Database& database, const Clock& clock, int max_keys = kDefaultMaxKeys)
      : database_(database), clock_(clock), max_keys_(max_keys) {}

  // quota_exceeded if the team has as many as it may have.
  Task<Result<NewApiKey>> create(access::Actor actor, NewKey wanted);
  Task<Result<std::vector<ApiKey>>> list(TeamId team);
  Task<Result<void>> revoke(access::Actor actor, ApiKeyId id);

 private:
  Task<Result<NewApiKey>> create_in(access::Actor actor, NewKey wanted, pg::Transaction& tx);
  Task<Result<bool>> revoke_in(access::Actor actor, ApiKeyId id, pg::Transaction& tx);

  pg::Database& database_;
  const Clock& clock_;
  int max_keys_;
};

}  // namespace sandbar::control::api_keys
