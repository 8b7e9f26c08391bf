// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/access/actors.h"

#include "sandbar/base/try.h"
#include "sandbar/control/access/store.h"

namespace sandbar::control::access {
namespace {

Error unauthorized(std::string message) { return {Errc::unauthorized, std::move(message)}; }

Error bad_key() { return unauthorized("this API key is not valid, or not any more"); }

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

Task<Result<Actor>> actor_of_session(pg::Session& session, UserClaims named, Look look) {
  CO_TRY(auto row, co_await find_user(session, named));
  co_return co_await actor_of_session(session, std::move(named), std::move(row), look);
}

Task<Result<Actor>> actor_of_session(pg::Session& session, UserClaims named, std::optional<UserRow> row,
                                     Look look) {
  if (!row || row->status == UserStatus::deleted)
    co_return fail(unauthorized("this account or session does not exist any more"));
  if (row->status != UserStatus::active)
    co_return fail(Error{Errc::account_deactivated, "this account is disabled"});
  if (row->is_session_over) co_return fail(unauthorized("this session has ended: sign in again"));
  if (look == Look::is_use && row->is_seen_due) CO_TRY_VOID(co_await touch_session(session, named.sid));
  co_return actor_of(*std::move(row), named);
}

Task<Result<Actor>> actor_of_key(pg::Session& session, std::string key_hash, Look look) {
  CO_TRY(auto row, co_await find_api_key(session, std::move(key_hash)));
  co_return co_await actor_of_key(session, std::move(row), look);
}

Task<Result<Actor>> actor_of_key(pg::Session& session, std::optional<ApiKeyRow> row, Look look) {
  if (!row) co_return fail(bad_key());
  if (look == Look::is_use && row->is_use_due) CO_TRY_VOID(co_await touch_api_key(session, row->id));
  co_return actor_of(*std::move(row));
}

Task<Result<Actor>> actor_of_key(pg::Session& session, ApiKeyId id, Look look) {
  CO_TRY(auto key_hash, co_await find_key_hash(session, id));
  if (!key_hash) co_return fail(bad_key());
  co_return co_await actor_of_key(session, *std::move(key_hash), look);
}

Task<Result<Actor>> actor_now(pg::Session& session, Actor actor) {
  if (actor.api_key) co_return co_await actor_of_key(session, *actor.api_key, Look::is_check);
  if (!actor.user || !actor.session) co_return fail(unauthorized("sign in first"));
  UserClaims named{.sub = *actor.user, .sid = *actor.session, .team_id = actor.meant_team};
  co_return co_await actor_of_session(session, std::move(named), Look::is_check);
}

}  // namespace sandbar::control::access
