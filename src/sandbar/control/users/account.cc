// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/users/account.h"

#include "sandbar/base/try.h"
#include "sandbar/control/audit/service.h"
#include "sandbar/control/mail/service.h"
#include "sandbar/control/teams/service.h"
#include "sandbar/control/users/events.h"
#include "sandbar/control/users/store.h"
#include "sandbar/control/users/validate.h"

namespace sandbar::control::users {
namespace {

Error wrong_password() { return {Errc::wrong_password, "the current password is wrong"}; }

}  // namespace

Task<Result<void>> after_password_change(pg::Transaction& tx, const UserOptions& options, UserRow user,
                                         std::optional<SessionId> kept) {
  CO_TRY_VOID(co_await sessions::end_all(tx, user.id, kept));
  CO_TRY_VOID(co_await supersede_mail_tokens(tx, user.id, MailPurpose::password_reset));
  if (!options.mails_are_sent) co_return Result<void>{};
  co_return co_await mail::enqueue(tx,
                                   {mail::MailKind::password_changed, user.email, user.name, std::nullopt});
}

Task<Result<SignIn>> AccountService::rename(access::Actor actor, std::string name) {
  CO_TRY(name, checked_name(std::move(name)));
  CO_TRY_VOID(co_await parts_.database.transaction<bool>(
      std::bind_front(&AccountService::rename_in, this, actor, name)));
  Landing landing{.id = *actor.user, .email = actor.email, .name = std::move(name)};
  landing.is_admin = actor.is_platform_admin;
  if (actor.team) landing.team_id = actor.team->id;
  landing.role = actor.role;
  co_return signed_in(parts_.tokens, landing, *actor.session, Secret());
}

Task<Result<bool>> AccountService::rename_in(access::Actor actor, std::string name, pg::Transaction& tx) {
  auto user = *actor.user;
  CO_TRY_VOID(co_await set_name(tx, user, name));
  auto renamed = event(audit::What::user_update, std::move(actor), user);
  renamed.metadata = {{"changes", "name"}};
  CO_TRY_VOID(co_await audit::record(tx, std::move(renamed)));
  co_return true;
}

// Guessing the current password with a stolen session is counted like guessing it at the sign-in.
Task<Result<void>> AccountService::change_password(access::Actor actor, PasswordChange change,
                                                   std::optional<std::chrono::seconds>& wait) {
  CO_TRY_VOID(check_password(change.wanted));
  CO_TRY(auto row, co_await find_login(parts_.database, actor.email));
  if (!row) co_return fail(wrong_password());
  if (row->password_hash) {
    auto key = access::stored_form("password of " + actor.id);
    CO_TRY(wait, co_await count_login_try(parts_.database, key, parts_.options));
    if (wait) co_return fail(Error{Errc::rate_limited, "too many wrong passwords: try again later"});
    if (!change.current) co_return fail(wrong_password());
    bool matches = co_await parts_.passwords.verify(row->password_hash, *std::move(change.current));
    if (!matches) co_return fail(wrong_password());
    CO_TRY_VOID(co_await forget_login_tries(parts_.database, key));
  }
  CO_TRY(auto hash, co_await parts_.passwords.hash(std::move(change.wanted)));
  CO_TRY_VOID(co_await parts_.database.transaction<bool>(
      std::bind_front(&AccountService::set_password_in, this, actor, row->password_hash, hash)));
  co_return Result<void>{};
}

Task<Result<bool>> AccountService::set_password_in(access::Actor actor, std::optional<std::string> old_hash,
                                                   std::string new_hash, pg::Transaction& tx) {
  CO_TRY(auto user, co_await lock_user(tx, *actor.user));
  if (user.password_hash != old_hash) co_return fail(wrong_password());
  CO_TRY_VOID(co_await set_password(tx, user.id, std::move(new_hash)));
  CO_TRY_VOID(co_await after_password_change(tx, parts_.options, user, actor.session));
  CO_TRY_VOID(
      co_await audit::record(tx, event(audit::What::user_password_change, std::move(actor), user.id)));
  co_return true;
}

Task<Result<void>> AccountService::disconnect_provider(access::Actor actor, std::string provider) {
  CO_TRY_VOID(co_await parts_.database.transaction<bool>(
      std::bind_front(&AccountService::disconnect_in, this, std::move(actor), std::move(provider))));
  co_return Result<void>{};
}

Task<Result<bool>> AccountService::disconnect_in(access::Actor actor, std::string provider,
                                                 pg::Transaction& tx) {
  CO_TRY(auto user, co_await lock_user(tx, *actor.user));
  CO_TRY(bool was_there, co_await delete_identity(tx, user.id, provider));
  if (!was_there) co_return fail(Error{Errc::provider_not_found, "this provider is not connected"});
  CO_TRY(auto profile, co_await get_profile(tx, user.id));
  if (!profile.has_password && profile.providers.empty())
    co_return fail(Error{Errc::last_login_method, "nothing else signs you in: set a password first"});
  auto disconnected = event(audit::What::user_provider_unlink, std::move(actor), user.id);
  disconnected.metadata = {{"provider", provider}};
  CO_TRY_VOID(co_await audit::record(tx, std::move(disconnected)));
  co_return true;
}

Task<Result<void>> AccountService::remove(access::Actor actor, std::string confirmation) {
  if (normal_email(confirmation) != actor.email)
    co_return fail(invalid_request("confirmation must be the account's e-mail address",
                                   {{"confirmation", "must be the account's e-mail address"}}));
  CO_TRY_VOID(co_await parts_.database.transaction<bool>(
      std::bind_front(&AccountService::remove_in, this, std::move(actor))));
  co_return Result<void>{};
}

Task<Result<bool>> AccountService::remove_in(access::Actor actor, pg::Transaction& tx) {
  CO_TRY_VOID(co_await lock_admins(tx));
  CO_TRY(auto user, co_await lock_user(tx, *actor.user));
  CO_TRY(int admins, co_await count_admins(tx));
  if (user.is_admin && admins <= 1)
    co_return fail(Error{Errc::last_admin, "you are the last platform admin: name another one first"});
  CO_TRY_VOID(co_await teams::leave_all(tx, actor));
  CO_TRY_VOID(co_await sessions::end_all(tx, user.id));
  CO_TRY_VOID(co_await anonymise(tx, user.id));
  CO_TRY_VOID(co_await audit::record(tx, event(audit::What::user_delete, std::move(actor), user.id)));
  co_return true;
}

}  // namespace sandbar::control::users
