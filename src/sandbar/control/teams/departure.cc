// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "sandbar/base/try.h"
#include "sandbar/control/api_keys/service.h"
#include "sandbar/control/audit/service.h"
#include "sandbar/control/teams/service.h"
#include "sandbar/control/teams/store.h"

namespace sandbar::control::teams {
using audit::What;

Task<Result<void>> leave_all(pg::Transaction& tx, access::Actor actor) {
  auto user = *actor.user;
  CO_TRY(auto owned, co_await lock_owned_teams(tx, user));
  CO_TRY(int others, co_await count_others(tx, owned, user));
  if (others > 0)
    co_return fail(Error{Errc::owns_team_with_members,
                         "you own a team with other members: hand it over or delete it first"});
  for (auto team : owned) {
    CO_TRY_VOID(co_await audit::record(tx, audit::happened(What::team_delete, team, actor, team.str())));
    CO_TRY_VOID(co_await api_keys::revoke_keys_of_team(tx, actor, team));
  }
  CO_TRY_VOID(co_await delete_teams(tx, owned));
  CO_TRY(auto left, co_await delete_memberships(tx, user));
  for (auto team : left) {
    CO_TRY_VOID(co_await audit::record(tx, audit::happened(What::member_leave, team, actor, actor.id)));
    CO_TRY_VOID(co_await api_keys::revoke_keys_of_member(tx, actor, team, user));
  }
  co_return Result<void>{};
}

}  // namespace sandbar::control::teams
