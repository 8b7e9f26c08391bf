// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/users/store.h"

#include "sandbar/control/users/store.sql.h"

namespace sandbar::control::users {

Task<Result<void>> insert_user(pg::Session& session, UserRow user) {
  auto inserted = co_await session.query(sql::insert_user, user.id, user.email, user.name, user.password_hash,
                                         user.is_admin);
  if (inserted) co_return Result<void>{};
  if (!pg::violates(inserted.error(), "users_email_key")) co_return fail(std::move(inserted).error());
  co_return fail(Error{Errc::email_taken, "there is an account with this e-mail address already"});
}

Task<Result<std::optional<LoginRow>>> find_login(pg::Session& session, std::string email) {
  CO_TRY(auto rows, co_await session.query(sql::find_login, email));
  co_return rows.maybe<LoginRow>();
}

Task<Result<TeamRoleRow>> get_team_and_role(pg::Session& session, UserId user, TeamId team) {
  CO_TRY(auto rows, co_await session.query(sql::find_team_and_role, user, team));
  co_return rows.one<TeamRoleRow>("team");
}

Task<Result<bool>> has_admin(pg::Transaction& tx) {
  CO_TRY_VOID(co_await tx.query(sql::lock_admins));
  CO_TRY(auto rows, co_await tx.query(sql::has_admin));
  co_return rows[0].get<bool>("value");
}

}  // namespace sandbar::control::users
