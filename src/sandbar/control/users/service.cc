// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/users/service.h"

#include <algorithm>

#include "sandbar/base/strings.h"
#include "sandbar/base/try.h"
#include "sandbar/control/audit/service.h"
#include "sandbar/control/teams/service.h"
#include "sandbar/control/users/store.h"

namespace sandbar::control::users {
namespace {

constexpr std::size_t kMinPassword = 8, kMaxPassword = 1024, kMaxName = 100, kMaxEmail = 320;

std::string normal_email(std::string_view email) { return to_lower(trim(email)); }

bool is_email(std::string_view email) {
  auto at = email.find('@');
  auto plain = [](char c) { return static_cast<unsigned char>(c) > ' ' && c != '\x7f'; };
  return at != email.npos && at > 0 && at + 1 < email.size() && email.find('@', at + 1) == email.npos &&
         is_utf8(email) && std::ranges::all_of(email, plain) && count_code_points(email) <= kMaxEmail;
}

bool is_name(std::string_view name) {
  auto printable = [](char c) { return static_cast<unsigned char>(c) >= ' ' && c != '\x7f'; };
  return !name.empty() && is_utf8(name) && count_code_points(name) <= kMaxName &&
         std::ranges::all_of(name, printable);
}

bool is_password(const std::string& password) {
  return password.size() <= kMaxPassword && is_utf8(password) && count_code_points(password) >= kMinPassword;
}

Result<NewUser> checked(NewUser user) {
  user.email = normal_email(user.email);
  user.name = trim(user.name);
  std::vector<Problem> problems;
  if (!is_email(user.email)) problems.push_back({"email", "must be an e-mail address"});
  if (!is_name(user.name)) problems.push_back({"name", "must have 1 to 100 characters"});
  if (!is_password(user.password.reveal()))
    problems.push_back({"password", "must have 8 to 1024 characters"});
  if (problems.empty()) return user;
  auto message = problems.front().field + " " + problems.front().what;
  return fail(invalid_request(std::move(message), std::move(problems)));
}

Error wrong_credentials() { return {Errc::unauthorized, "the e-mail address or the password is wrong"}; }

std::optional<bool> only_if(bool value) { return value ? std::optional(true) : std::nullopt; }

}  // namespace

SignIn UsersService::issue(access::UserClaims claims) const {
  return {tokens_.issue(claims), claims.sub, claims.team_id, claims.email, claims.name};
}

Task<Result<SignIn>> UsersService::sign_up(NewUser user) { return create(std::move(user), Rank::user); }
Task<Result<SignIn>> UsersService::create_first_admin(NewUser user) {
  return create(std::move(user), Rank::admin);
}

Task<Result<SignIn>> UsersService::create(NewUser user, Rank rank) {
  CO_TRY(user, checked(std::move(user)));
  CO_TRY(auto hash, co_await passwords_.hash(std::move(user.password)));
  Account account{UserId::random(), std::move(user.email), std::move(user.name), std::move(hash), rank};
  auto create = std::bind_front(&UsersService::create_in, this, account);
  CO_TRY(auto team, co_await database_.transaction<TeamId>(std::move(create)));
  access::UserClaims claims{.sub = account.id,
                            .team_id = team,
                            .role = access::TeamRole::owner,
                            .email = account.email,
                            .name = account.name};
  claims.is_admin = only_if(rank == Rank::admin);
  co_return issue(std::move(claims));
}

Task<Result<TeamId>> UsersService::create_in(Account account, pg::Transaction& tx) {
  if (account.rank == Rank::admin) {
    CO_TRY(bool exists, co_await has_admin(tx));
    if (exists) co_return fail(invalid_state("there is a platform admin already"));
  }
  CO_TRY_VOID(co_await insert_user(
      tx, {account.id, account.email, account.name, account.password_hash, account.rank == Rank::admin}));
  CO_TRY(auto team, co_await teams::found_default_team(tx, account.id, account.name));
  co_return team.id;
}

Task<Result<SignIn>> UsersService::sign_in(std::string email, Secret password) {
  if (password.reveal().size() > kMaxPassword) co_return fail(wrong_credentials());
  CO_TRY(auto row, co_await find_login(database_, normal_email(email)));
  auto hash = row ? row->password_hash : std::nullopt;
  bool matches = co_await passwords_.verify(std::move(hash), std::move(password));
  if (!matches) co_return fail(wrong_credentials());
  if (row->status != access::UserStatus::active)
    co_return fail(Error{Errc::forbidden, "this account is disabled"});
  access::UserClaims claims{
      .sub = row->id, .team_id = row->team_id, .role = row->role, .email = row->email, .name = row->name};
  claims.is_admin = only_if(row->is_admin);
  co_return issue(std::move(claims));
}

Task<Result<SignIn>> UsersService::switch_team(access::Actor actor, TeamId team) {
  CO_TRY(auto row, co_await get_team_and_role(database_, *actor.user, team));
  if (!row.role) co_return fail(Error{Errc::forbidden, "you are not a member of this team"});
  access::UserClaims claims{
      .sub = *actor.user, .team_id = team, .role = row.role, .email = actor.email, .name = actor.name};
  claims.is_admin = only_if(actor.is_platform_admin);
  co_return issue(std::move(claims));
}

}  // namespace sandbar::control::users
