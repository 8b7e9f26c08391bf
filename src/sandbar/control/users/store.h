// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/users/types.h"
#include "sandbar/pg/database.h"

namespace sandbar::control::users {

struct LoginRow {
  UserId id;
  std::string email, name;
  bool is_admin = false;
  access::UserStatus status = access::UserStatus::disabled;
  std::optional<std::string> password_hash;
  std::optional<TeamId> team_id;
  std::optional<access::TeamRole> role;
};
BOOST_DESCRIBE_STRUCT(LoginRow, (), (id, email, name, is_admin, status, password_hash, team_id, role))

struct TeamRoleRow {
  TeamId team_id;
  std::optional<access::TeamRole> role;
};
BOOST_DESCRIBE_STRUCT(TeamRoleRow, (), (team_id, role))

struct UserRow {
  UserId id;
  std::string email, name, password_hash;
  bool is_admin = false;
};

// email_taken if it is.
Task<Result<void>> insert_user(pg::Session& session, UserRow user);
Task<Result<std::optional<LoginRow>>> find_login(pg::Session& session, std::string email);
// not_found unless the team is live.
Task<Result<TeamRoleRow>> get_team_and_role(pg::Session& session, UserId user, TeamId team);
// Holds a lock until the end of the transaction.
Task<Result<bool>> has_admin(pg::Transaction& tx);

}  // namespace sandbar::control::users
