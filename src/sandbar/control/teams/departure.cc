// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "sandbar/base/try.h"
#include "sandbar/control/api_keys/service.h"
#include "sandbar/control/audit/service.h"
#include "sandbar/control/teams/service.h"
#include "sandbar/control/teams/store.h"

namespace sandbar::control::teams {
namespace {

audit::Event event_of(const access::Actor& actor, TeamId team, std::string resource_type,
                      std::string action) {
  audit::Event event{.team = team, .actor = actor, .resource_type = std::move(resource_type)};
  event.action = std::move(action);
  event.resource_id = event.resource_type == "team" ? team.str() : actor.id;
  event.status = event.resource_type == "team" ? audit::Status::warning : audit::Status::info;
  event.scope = event.resource_type == "team" ? audit::Scope::team : audit::Scope::admin;
  return event;
}

}  // namespace

Task<Result<void>> leave_all(pg::Transaction& tx, access::Actor actor) {
  auto user = *actor.user;
  CO_TRY(auto owned, co_await lock_owned_teams(tx, user));
  CO_TRY(int others, co_await count_others(tx, owned, user));
  if (others > 0)
    co_return fail(Error{Errc::owns_team_with_members,
                         "you own a team with other members: hand it over or delete it first"});
  for (auto team : owned) {
    CO_TRY_VOID(co_await audit::record(tx, event_of(actor, team, "team", "delete")));
    CO_TRY_VOID(co_await api_keys::revoke_keys_of_team(tx, actor, team));
  }
  CO_TRY_VOID(co_await delete_teams(tx, owned));
  CO_TRY(auto left, co_await delete_memberships(tx, user));
  for (auto team : left) {
    CO_TRY_VOID(co_await audit::record(tx, event_of(actor, team, "member", "leave")));
    CO_TRY_VOID(co_await api_keys::revoke_keys_of_member(tx, actor, team, user));
  }
  co_return Result<void>{};
}

}  // namespace sandbar::control::teams
