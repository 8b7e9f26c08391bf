// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/async/gatherer.h"
#include "sandbar/control/access/passwords.h"
#include "sandbar/control/access/rate_limiter.h"
#include "sandbar/control/access/store.h"
#include "sandbar/control/access/tokens.h"
#include "sandbar/pg/database.h"

// From credentials to an Actor: one indexed query for a user or an API key, which those who ask at the same
// moment share; none for a host, whose own calls touch its row anyway. Whether the actor may do what it asks
// for is decided by the gate (per route) and by the services.

namespace sandbar::control::access {

class AccessService {
 public:
  AccessService(pg::Database& database, const Tokens& tokens);

  // unauthorized for a bad token, an unknown user or a session that has ended; account_deactivated.
  Task<Result<Actor>> user_of(std::string token);
  // "sbk_" or "e2b_" and 40 hex digits.
  Task<Result<Actor>> key_of(std::string key);
  // Whether the team was deleted while the user was a member.
  Task<Result<bool>> was_in_deleted_team(UserId user, TeamId team);
  Result<Actor> host_of(std::string_view token) const;

 private:
  pg::Database& database_;
  const Tokens& tokens_;
  Gatherer<UserClaims, std::optional<UserRow>> users_;
  Gatherer<std::string, std::optional<ApiKeyRow>> keys_;  // by hash
};

// The part of an API key that is stored (hashed), for any of the prefixes it may come with; nothing if it is
// no key.
std::optional<std::string_view> secret_of_api_key(std::string_view key);

}  // namespace sandbar::control::access
