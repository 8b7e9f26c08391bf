// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/users/recovery.h"

#include "sandbar/base/try.h"
#include "sandbar/control/audit/service.h"
#include "sandbar/control/mail/service.h"
#include "sandbar/control/teams/service.h"
#include "sandbar/control/users/account.h"
#include "sandbar/control/users/events.h"
#include "sandbar/control/users/store.h"
#include "sandbar/control/users/validate.h"

namespace sandbar::control::users {
namespace {

using access::UserStatus;

Error invalid_token() { return {Errc::invalid_token, "this link is not valid, or not any more"}; }

}  // namespace

Task<Result<SignIn>> RecoveryService::activate(std::string token, access::Client client) {
  return parts_.database.transaction<SignIn>(
      std::bind_front(&RecoveryService::activate_in, this, std::move(token), std::move(client)));
}

Task<Result<SignIn>> RecoveryService::activate_in(std::string token, access::Client client,
                                                  pg::Transaction& tx) {
  auto hash = access::stored_form(token);
  CO_TRY(auto id, co_await use_mail_token(tx, hash, MailPurpose::activation));
  if (!id) {
    CO_TRY(auto status, co_await find_owner_of_mail_token(tx, hash, MailPurpose::activation));
    if (status != UserStatus::active) co_return fail(invalid_token());
    co_return fail(Error{Errc::already_activated, "this account is active already: sign in"});
  }
  CO_TRY(auto user, co_await users::activate(tx, *id));
  if (!user) co_return fail(invalid_token());
  CO_TRY_VOID(co_await teams::found_default_team(tx, user->id, user->name));
  CO_TRY_VOID(co_await audit::record(
      tx, event(audit::What::user_signup, actor_of(user->id, user->name, client), user->id)));
  co_return co_await users_.sign_in_as(tx, user->id, std::move(client));
}

Task<Result<void>> RecoveryService::request_reset(std::string email) {
  if (!parts_.options.mails_are_sent) co_return Result<void>{};
  CO_TRY_VOID(co_await parts_.database.transaction<bool>(
      std::bind_front(&RecoveryService::request_reset_in, this, normal_email(email))));
  co_return Result<void>{};
}

Task<Result<bool>> RecoveryService::request_reset_in(std::string email, pg::Transaction& tx) {
  const auto& options = parts_.options;
  CO_TRY(auto user, co_await lock_by_email(tx, email, options.mail_pause));
  if (!user || user->status != UserStatus::active) co_return false;
  CO_TRY(bool is_recent,
         co_await has_recent_mail_token(tx, user->id, MailPurpose::password_reset, options.mail_pause));
  if (is_recent) co_return false;
  auto token = Uuid::random();
  auto hash = access::stored_form(access::mail_token(parts_.keys, token).reveal());
  CO_TRY_VOID(co_await supersede_mail_tokens(tx, user->id, MailPurpose::password_reset));
  CO_TRY_VOID(co_await insert_mail_token(
      tx, {token, user->id, MailPurpose::password_reset, std::move(hash), options.reset_lifetime}));
  CO_TRY_VOID(co_await mail::enqueue(
      tx, {mail::MailKind::password_reset, user->email, user->name, token, options.reset_lifetime}));
  co_return true;
}

Task<Result<void>> RecoveryService::reset_password(std::string token, Secret password,
                                                   access::Client client) {
  CO_TRY_VOID(check_password(password));
  CO_TRY(auto hash, co_await parts_.passwords.hash(std::move(password)));
  CO_TRY_VOID(co_await parts_.database.transaction<bool>(std::bind_front(
      &RecoveryService::reset_in, this, std::move(token), std::move(hash), std::move(client))));
  co_return Result<void>{};
}

Task<Result<bool>> RecoveryService::reset_in(std::string token, std::string password_hash,
                                             access::Client client, pg::Transaction& tx) {
  CO_TRY(auto id, co_await use_mail_token(tx, access::stored_form(token), MailPurpose::password_reset));
  if (!id) co_return fail(invalid_token());
  CO_TRY(auto user, co_await lock_user(tx, *id));
  if (user.status != UserStatus::active) co_return fail(invalid_token());
  CO_TRY_VOID(co_await set_password(tx, user.id, std::move(password_hash)));
  CO_TRY_VOID(co_await set_verified(tx, user.id, user.email));
  CO_TRY_VOID(co_await after_password_change(tx, parts_.options, user, std::nullopt));
  auto reset = event(audit::What::user_password_reset, actor_of(user.id, user.name, client), user.id);
  CO_TRY_VOID(co_await audit::record(tx, std::move(reset)));
  co_return true;
}

}  // namespace sandbar::control::users
