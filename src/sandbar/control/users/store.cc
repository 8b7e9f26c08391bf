// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/users/store.h"

#include "sandbar/control/users/store.sql.h"
#include "sandbar/model/cursor.h"

namespace sandbar::control::users {
namespace {

using enum access::UserStatus;

Result<void> done(const Result<pg::Rows>& rows) {
  if (!rows) return fail(rows.error());
  return {};
}

Result<bool> changed(const Result<pg::Rows>& rows) {
  if (!rows) return fail(rows.error());
  return rows->affected() > 0;
}

}  // namespace

Task<Result<void>> insert_user(pg::Session& session, UserRow user) {
  auto inserted = co_await session.query(sql::insert_user, user.id, user.email, user.name, user.password_hash,
                                         user.is_admin, user.status, user.is_verified);
  if (inserted) co_return Result<void>{};
  if (!pg::violates(inserted.error(), "users_email_key")) co_return fail(std::move(inserted).error());
  co_return fail(Error{Errc::email_taken, "there is an account with this e-mail address already"});
}

Task<Result<std::optional<LoginRow>>> find_login(pg::Session& session, std::string email) {
  CO_TRY(auto rows, co_await session.query(sql::find_login, email));
  co_return rows.maybe<LoginRow>();
}

Task<Result<Landing>> lock_landing(pg::Session& session, UserId user, std::optional<TeamId> wanted) {
  CO_TRY(auto rows, co_await session.query(sql::lock_landing, wanted, user));
  auto landing = rows.maybe<Landing>();
  if (!landing) co_return fail(Error{Errc::unauthorized, "this account does not exist any more"});
  co_return *std::move(landing);
}

Task<Result<std::optional<EmailRow>>> lock_by_email(pg::Transaction& tx, std::string email,
                                                    std::chrono::milliseconds pause) {
  CO_TRY(auto rows, co_await tx.query(sql::lock_by_email, pause.count(), email));
  co_return rows.maybe<EmailRow>();
}

Task<Result<UserRow>> lock_user(pg::Transaction& tx, UserId user) {
  CO_TRY(auto rows, co_await tx.query(sql::lock_user, user));
  co_return rows.one<UserRow>("user");
}

Task<Result<void>> replace_inactive(pg::Transaction& tx, UserRow user) {
  co_return done(co_await tx.query(sql::replace_inactive, user.name, user.password_hash, user.id, inactive));
}

Task<Result<void>> delete_inactive(pg::Transaction& tx, std::string email) {
  co_return done(co_await tx.query(sql::delete_inactive, email, inactive));
}

Task<Result<TeamRoleRow>> get_team_and_role(pg::Session& session, UserId user, TeamId team) {
  CO_TRY(auto rows, co_await session.query(sql::find_team_and_role, user, team));
  co_return rows.one<TeamRoleRow>("team");
}

Task<Result<std::optional<std::chrono::seconds>>> count_login_try(pg::Session& session, std::string key,
                                                                  const UserOptions& options) {
  CO_TRY(auto rows,
         co_await session.query(sql::count_login_try, key, options.login_pause.count(), options.login_tries));
  auto wait = rows[0].get<std::optional<std::int64_t>>("wait_s");
  if (!wait) co_return std::nullopt;
  co_return std::chrono::seconds(*wait);
}

Task<Result<void>> forget_login_tries(pg::Session& session, std::string key) {
  co_return done(co_await session.query(sql::forget_login_tries, key));
}

Task<Result<void>> insert_mail_token(pg::Transaction& tx, NewMailToken token) {
  co_return done(co_await tx.query(sql::insert_mail_token, token.id, token.user, token.purpose,
                                   token.token_hash, token.lifetime.count()));
}

Task<Result<bool>> has_recent_mail_token(pg::Transaction& tx, UserId user, MailPurpose purpose,
                                         std::chrono::milliseconds pause) {
  CO_TRY(auto rows, co_await tx.query(sql::has_recent_mail_token, user, purpose, pause.count()));
  co_return rows[0].get<bool>("value");
}

Task<Result<void>> supersede_mail_tokens(pg::Transaction& tx, UserId user, MailPurpose purpose) {
  co_return done(co_await tx.query(sql::supersede_mail_tokens, user, purpose));
}

Task<Result<std::optional<UserId>>> use_mail_token(pg::Transaction& tx, std::string token_hash,
                                                   MailPurpose purpose) {
  CO_TRY(auto rows, co_await tx.query(sql::use_mail_token, token_hash, purpose));
  if (rows.empty()) co_return std::nullopt;
  co_return rows[0].get<UserId>("user_id");
}

Task<Result<std::optional<access::UserStatus>>> find_owner_of_mail_token(pg::Transaction& tx,
                                                                         std::string token_hash,
                                                                         MailPurpose purpose) {
  CO_TRY(auto rows, co_await tx.query(sql::find_owner_of_mail_token, token_hash, purpose));
  if (rows.empty()) co_return std::nullopt;
  co_return rows[0].get<access::UserStatus>("status");
}

Task<Result<std::optional<UserRow>>> activate(pg::Transaction& tx, UserId user) {
  CO_TRY(auto rows, co_await tx.query(sql::activate, active, user, inactive));
  co_return rows.maybe<UserRow>();
}

Task<Result<void>> set_password(pg::Transaction& tx, UserId user, std::string password_hash) {
  co_return done(co_await tx.query(sql::set_password, password_hash, user));
}

Task<Result<void>> set_verified(pg::Transaction& tx, UserId user, std::string email) {
  co_return done(co_await tx.query(sql::set_verified, user, email));
}

Task<Result<void>> set_name(pg::Session& session, UserId user, std::string name) {
  co_return done(co_await session.query(sql::set_name, name, user));
}

Task<Result<Profile>> get_profile(pg::Session& session, UserId user) {
  CO_TRY(auto rows, co_await session.query(sql::find_profile, user));
  co_return rows.one<Profile>("user");
}

Task<Result<void>> lock_identity(pg::Transaction& tx, Identity identity) {
  co_return done(co_await tx.query(sql::lock_identity, identity.provider + " " + identity.provider_id));
}

Task<Result<std::optional<IdentityRow>>> find_identity(pg::Transaction& tx, Identity identity) {
  CO_TRY(auto rows, co_await tx.query(sql::find_identity, identity.provider, identity.provider_id));
  co_return rows.maybe<IdentityRow>();
}

Task<Result<void>> insert_identity(pg::Transaction& tx, UserId user, Identity identity) {
  co_return done(
      co_await tx.query(sql::insert_identity, identity.provider, identity.provider_id, user, identity.email));
}

Task<Result<bool>> delete_identity(pg::Transaction& tx, UserId user, std::string provider) {
  co_return changed(co_await tx.query(sql::delete_identity, user, provider));
}

Task<Result<void>> anonymise(pg::Transaction& tx, UserId user) {
  CO_TRY_VOID(co_await tx.query(sql::delete_identities, user));
  co_return done(co_await tx.query(sql::anonymise, deleted, user));
}

Task<Result<void>> lock_admins(pg::Transaction& tx) { co_return done(co_await tx.query(sql::lock_admins)); }

Task<Result<bool>> has_admin(pg::Transaction& tx) {
  CO_TRY(auto rows, co_await tx.query(sql::has_admin));
  co_return rows[0].get<bool>("value");
}

Task<Result<int>> count_admins(pg::Transaction& tx) {
  CO_TRY(auto rows, co_await tx.query(sql::count_admins, active));
  co_return rows[0].get<int>("value");
}

Task<Result<bool>> set_admin(pg::Transaction& tx, UserId user, bool is_admin) {
  co_return changed(co_await tx.query(sql::set_admin, is_admin, user));
}

Task<Result<bool>> set_status(pg::Transaction& tx, UserId user, access::UserStatus from,
                              access::UserStatus to) {
  co_return changed(co_await tx.query(sql::set_status, to, user, from));
}

Task<Result<std::vector<ListedUser>>> list_users(pg::Session& session, ListUsers list) {
  CO_TRY(auto cursor, Cursor::parse_optional(list.cursor));
  std::optional<Time> before;
  std::optional<Uuid> before_id;
  if (cursor) before = cursor->at, before_id = cursor->id;
  CO_TRY(auto rows,
         co_await session.query(sql::list_users, deleted, list.search, before, before_id, list.limit + 1));
  co_return rows.all<ListedUser>();
}

}  // namespace sandbar::control::users
