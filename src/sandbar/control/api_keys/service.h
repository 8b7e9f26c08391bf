// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "sandbar/control/access/types.h"
#include "sandbar/control/api_keys/types.h"
#include "sandbar/pg/database.h"

// Keys with which programs act for a team. Any member may make one; members revoke their own, owners and
// admins any.

namespace sandbar::control::api_keys {

class ApiKeysService {
 public:
  ApiKeysService(pg::Database& database, const Clock& clock) : database_(database), clock_(clock) {}

  Task<Result<NewApiKey>> create(access::Actor actor, std::string name, std::optional<Time> expires_at);
  Task<Result<std::vector<ApiKey>>> list(TeamId team);
  Task<Result<void>> revoke(access::Actor actor, ApiKeyId id);

 private:
  Task<Result<NewApiKey>> create_in(access::Actor actor, std::string name, std::optional<Time> expires_at,
                                    pg::Transaction& tx);
  Task<Result<bool>> revoke_in(access::Actor actor, ApiKeyId id, pg::Transaction& tx);

  pg::Database& database_;
  const Clock& clock_;
};

}  // namespace sandbar::control::api_keys
