// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/users/service.h"

#include "sandbar/base/strings.h"
#include "sandbar/base/try.h"
#include "sandbar/control/access/text.h"
#include "sandbar/control/audit/service.h"
#include "sandbar/control/mail/service.h"
#include "sandbar/control/teams/service.h"
#include "sandbar/control/users/events.h"
#include "sandbar/control/users/store.h"
#include "sandbar/control/users/validate.h"

namespace sandbar::control::users {
namespace {

using access::UserStatus;

constexpr std::size_t kLongestPassword = 4096, kLongestEmail = 320;

Error wrong_credentials() { return {Errc::unauthorized, "the e-mail address or the password is wrong"}; }

std::optional<bool> only_if(bool value) { return value ? std::optional(true) : std::nullopt; }

Result<void> check_status(UserStatus status) {
  if (status == UserStatus::inactive)
    return fail(Error{Errc::account_not_activated, "follow the link in the mail that we sent you first"});
  if (status != UserStatus::active) return fail(Error{Errc::account_disabled, "this account is disabled"});
  return {};
}

// Wrong passwords are counted for an account and an address together, so that nobody can lock out another.
std::string login_key(const std::string& email, const access::Client& client) {
  return access::stored_form(email + " " + client.ip);
}

}  // namespace

SignIn signed_in(const access::Tokens& tokens, const Landing& landing, SessionId session,
                 Secret refresh_token) {
  access::UserClaims claims{.sub = landing.id,
                            .sid = session,
                            .team_id = landing.team_id,
                            .role = landing.role,
                            .email = landing.email,
                            .name = landing.name};
  claims.is_admin = only_if(landing.is_admin);
  return {tokens.issue(std::move(claims)), landing.id, landing.team_id, landing.email, landing.name,
          std::move(refresh_token)};
}

Task<Result<UsersService::SignedUp>> UsersService::sign_up(NewUser user, access::Client client) {
  CO_TRY(user, checked(std::move(user)));
  CO_TRY(auto hash, co_await parts_.passwords.hash(std::move(user.password)));
  UserRow row{.id = UserId::random(), .email = std::move(user.email), .name = std::move(user.name)};
  row.password_hash = std::move(hash);
  if (parts_.options.mails_are_sent) {
    row.status = UserStatus::inactive;
    CO_TRY_VOID(co_await parts_.database.transaction<bool>(
        std::bind_front(&UsersService::create_inactive_in, this, row)));
    co_return PendingSignup{std::move(row.email)};
  }
  CO_TRY(auto in, co_await parts_.database.transaction<SignIn>(
                      std::bind_front(&UsersService::create_active_in, this, row, client)));
  co_return std::move(in);
}

Task<Result<SignIn>> UsersService::create_first_admin(NewUser user) {
  CO_TRY(user, checked(std::move(user)));
  CO_TRY(auto hash, co_await parts_.passwords.hash(std::move(user.password)));
  UserRow row{.id = UserId::random(), .email = std::move(user.email), .name = std::move(user.name)};
  row.is_admin = true;
  row.password_hash = std::move(hash);
  co_return co_await parts_.database.transaction<SignIn>(
      std::bind_front(&UsersService::create_active_in, this, row, access::Client{"", "bootstrap"}));
}

Task<Result<SignIn>> UsersService::create_active_in(UserRow user, access::Client client,
                                                    pg::Transaction& tx) {
  if (user.is_admin) {
    CO_TRY_VOID(co_await lock_admins(tx));
    CO_TRY(bool exists, co_await has_admin(tx));
    if (exists) co_return fail(invalid_state("there is a platform admin already"));
  }
  CO_TRY_VOID(co_await insert_user(tx, user));
  CO_TRY_VOID(co_await teams::found_default_team(tx, user.id, user.name));
  CO_TRY_VOID(co_await audit::record(
      tx, event(audit::What::user_signup, actor_of(user.id, user.name, client), user.id)));
  co_return co_await sign_in_as(tx, user.id, std::move(client));
}

// An address that was never proved keeps nobody else from proving it, after a while.
Task<Result<bool>> UsersService::create_inactive_in(UserRow user, pg::Transaction& tx) {
  const auto& options = parts_.options;
  CO_TRY(auto known, co_await lock_by_email(tx, user.email, options.activation_lifetime));
  if (!known) {
    CO_TRY_VOID(co_await insert_user(tx, user));
  } else if (known->status != UserStatus::inactive) {
    co_return fail(Error{Errc::email_taken, "there is an account with this e-mail address already"});
  } else if (known->is_recent) {
    co_return fail(
        Error{Errc::signup_cooldown, "we have sent you a mail: follow its link, or sign up later"});
  } else {
    user.id = known->id;
    CO_TRY_VOID(co_await replace_inactive(tx, user));
    CO_TRY_VOID(co_await supersede_mail_tokens(tx, user.id, MailPurpose::activation));
  }
  auto token = Uuid::random();
  auto hash = access::stored_form(access::mail_token(parts_.keys, token).reveal());
  CO_TRY_VOID(co_await insert_mail_token(
      tx, {token, user.id, MailPurpose::activation, std::move(hash), options.activation_lifetime}));
  CO_TRY_VOID(co_await mail::enqueue(
      tx, {mail::MailKind::activation, user.email, user.name, token, options.activation_lifetime}));
  co_return true;
}

Task<Result<SignIn>> UsersService::sign_in(LoginTry login, std::optional<std::chrono::seconds>& wait) {
  if (login.password.reveal().size() > kLongestPassword) co_return fail(wrong_credentials());
  login.email = normal_email(login.email);
  auto key = login_key(login.email, login.client);
  CO_TRY(wait, co_await count_login_try(parts_.database, std::move(key), parts_.options));
  if (wait) co_return fail(Error{Errc::rate_limited, "too many wrong passwords: try again later"});
  CO_TRY(auto row, co_await find_login(parts_.database, login.email));
  auto hash = row ? row->password_hash : std::nullopt;
  bool matches = co_await parts_.passwords.verify(hash, login.password);
  if (!matches) co_return co_await refuse_login(std::move(row), std::move(login));
  CO_TRY_VOID(check_status(row->status));
  co_return co_await parts_.database.transaction<SignIn>(
      std::bind_front(&UsersService::complete_sign_in, this, row->id, *hash, std::move(login)));
}

// Written down for unknown addresses too, so that both take as long.
Task<Result<SignIn>> UsersService::refuse_login(std::optional<LoginRow> row, LoginTry login) {
  access::Actor nobody;
  nobody.source_ip = login.client.ip;
  nobody.user_agent = login.client.user_agent;
  auto failed = event(audit::What::user_login_failed, nobody, row ? row->id : UserId());
  if (!row) failed.resource_id.reset();
  failed.metadata = {{"email", access::shortened(to_valid_utf8(login.email), kLongestEmail)},
                     {"method", "password"},
                     {"cause", row ? "wrong password" : "unknown address"}};
  CO_TRY_VOID(co_await audit::record(parts_.database, std::move(failed)));
  co_return fail(wrong_credentials());
}

// The password may have been changed, or the account disabled, while it was compared.
Task<Result<SignIn>> UsersService::complete_sign_in(UserId user, std::string password_hash, LoginTry login,
                                                    pg::Transaction& tx) {
  CO_TRY(auto landing, co_await lock_landing(tx, user, std::nullopt));
  if (landing.password_hash != password_hash) co_return fail(wrong_credentials());
  CO_TRY_VOID(co_await forget_login_tries(tx, login_key(login.email, login.client)));
  co_return co_await sign_in_as(tx, user, std::move(login.client));
}

Task<Result<SignIn>> UsersService::sign_in_as(pg::Transaction& tx, UserId user, access::Client client) {
  CO_TRY(auto landing, co_await lock_landing(tx, user, std::nullopt));
  CO_TRY_VOID(check_status(landing.status));
  CO_TRY_VOID(
      co_await audit::record(tx, event(audit::What::user_login, actor_of(user, landing.name, client), user)));
  CO_TRY(auto session, co_await parts_.sessions.open(tx, user, landing.team_id, std::move(client)));
  co_return signed_in(parts_.tokens, landing, session.id, std::move(session.refresh_token));
}

Task<Result<SignIn>> UsersService::renew(std::string refresh_token) {
  CO_TRY(auto renewal, co_await parts_.sessions.renew(std::move(refresh_token)));
  co_return co_await parts_.database.transaction<SignIn>(
      std::bind_front(&UsersService::renewed_in, this, std::move(renewal)));
}

Task<Result<SignIn>> UsersService::renewed_in(sessions::Renewal renewal, pg::Transaction& tx) {
  CO_TRY(auto landing, co_await lock_landing(tx, renewal.user_id, renewal.team_id));
  if (landing.status != UserStatus::active)
    co_return fail(Error{Errc::account_deactivated, "this account is disabled"});
  co_return signed_in(parts_.tokens, landing, renewal.id, std::move(renewal.refresh_token));
}

Task<Result<SignIn>> UsersService::switch_team(access::Actor actor, TeamId team) {
  CO_TRY(auto row, co_await get_team_and_role(parts_.database, *actor.user, team));
  if (!row.role) co_return fail(Error{Errc::forbidden, "you are not a member of this team"});
  CO_TRY_VOID(co_await parts_.sessions.note_team(*actor.session, team));
  Landing landing{.id = *actor.user, .email = actor.email, .name = actor.name};
  landing.is_admin = actor.is_platform_admin;
  landing.team_id = team;
  landing.role = row.role;
  co_return signed_in(parts_.tokens, landing, *actor.session, Secret());
}

}  // namespace sandbar::control::users
