// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/users/service.h"

// What platform admins do with accounts. Changes come one after the other, and each looks again at who asks:
// two admins that remove each other at the same time do not leave the platform without one.

namespace sandbar::control::users {

class AdminUsersService {
 public:
  explicit AdminUsersService(pg::Database& database) : database_(database) {}

  // Newest first, deleted ones left out.
  Task<Result<UserPage>> list(ListUsers list);
  enum class Rank { user, admin };
  // last_admin; not_found for a deleted user. Doing it twice is fine.
  Task<Result<void>> set_rank(access::Actor actor, UserId user, Rank rank);
  // Disabling ends all sessions at once. invalid_request for oneself.
  Task<Result<void>> enable(access::Actor actor, UserId user);
  Task<Result<void>> disable(access::Actor actor, UserId user);

 private:
  Task<Result<bool>> set_rank_in(access::Actor actor, UserId user, Rank rank, pg::Transaction& tx);
  Task<Result<bool>> move_in(access::Actor actor, UserId user, access::UserStatus to, pg::Transaction& tx);

  pg::Database& database_;
};

}  // namespace sandbar::control::users
