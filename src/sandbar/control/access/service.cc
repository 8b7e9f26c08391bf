// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/access/service.h"

#include <algorithm>

#include "sandbar/base/try.h"
#include "sandbar/control/access/store.h"

namespace sandbar::control::access {
namespace {

constexpr std::size_t kKeyDigits = 40;

Error unauthorized(std::string message) { return {Errc::unauthorized, std::move(message)}; }

Actor actor_of(UserRow row, const UserClaims& claims) {
  Actor actor{.type = ActorType::user, .id = row.id.str(), .name = std::move(row.name)};
  actor.user = row.id;
  actor.email = std::move(row.email);
  actor.is_platform_admin = row.is_admin;
  actor.has_password = row.has_password;
  actor.providers = std::move(row.providers);
  actor.role = row.role;
  actor.session = claims.sid;
  actor.meant_team = claims.team_id;
  if (row.team_id) actor.team = Team{*row.team_id, *row.team_name, *row.team_slug, *row.team_is_byoc};
  return actor;
}

Actor actor_of(ApiKeyRow row) {
  Actor actor{.type = ActorType::api_key, .id = row.id.str(), .name = std::move(row.name)};
  actor.api_key = row.id;
  actor.team = Team{row.team_id, std::move(row.team_name), std::move(row.team_slug), row.team_is_byoc};
  for (const auto& name : row.scopes)
    if (auto scope = enum_from_name<KeyScope>(name)) actor.scopes.push_back(*scope);
  return actor;
}

}  // namespace

std::optional<std::string_view> secret_of_api_key(std::string_view key) {
  if (!key.starts_with("sbk_") && !key.starts_with("e2b_")) return std::nullopt;
  auto digits = key.substr(4);
  auto is_hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  if (digits.size() != kKeyDigits || !std::ranges::all_of(digits, is_hex)) return std::nullopt;
  return digits;
}

Task<Result<Actor>> AccessService::user_of(std::string token) {
  CO_TRY(auto claims, tokens_.read_user(token));
  CO_TRY(auto row, co_await find_user(database_, claims));
  if (!row || row->status == UserStatus::deleted)
    co_return fail(unauthorized("this account or session does not exist any more"));
  if (row->status != UserStatus::active)
    co_return fail(Error{Errc::account_deactivated, "this account is disabled"});
  if (row->is_session_over) co_return fail(unauthorized("this session has ended: sign in again"));
  if (row->is_seen_due) CO_TRY_VOID(co_await touch_session(database_, claims.sid));
  co_return actor_of(*std::move(row), claims);
}

Task<Result<Actor>> AccessService::key_of(std::string key) {
  auto secret = secret_of_api_key(key);
  if (!secret) co_return fail(unauthorized("this is not an API key"));
  CO_TRY(auto row, co_await find_api_key(database_, stored_form(*secret)));
  if (!row) co_return fail(unauthorized("this API key is not valid, or not any more"));
  if (row->is_use_due) CO_TRY_VOID(co_await touch_api_key(database_, row->id));
  co_return actor_of(*std::move(row));
}

Task<Result<bool>> AccessService::was_in_deleted_team(UserId user, TeamId team) {
  return access::was_in_deleted_team(database_, user, team);
}

Result<Actor> AccessService::host_of(std::string_view token) const {
  TRY(auto host, tokens_.read_host(token));
  return Actor{.host = host};
}

}  // namespace sandbar::control::access
