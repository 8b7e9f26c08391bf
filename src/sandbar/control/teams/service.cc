// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/teams/service.h"

#include "sandbar/base/random.h"
#include "sandbar/base/strings.h"
#include "sandbar/base/try.h"
#include "sandbar/control/audit/service.h"
#include "sandbar/control/teams/names.h"
#include "sandbar/control/teams/store.h"
#include "sandbar/model/cursor.h"

namespace sandbar::control::teams {
namespace {

using audit::What;

constexpr int kMaxTeamsOfUser = 100;
constexpr int kSlugAttempts = 5;
constexpr std::size_t kMaxSearch = 200;

std::string random_slug() {
  auto digits = random_hex(6);
  return digits.insert(6, 1, '-');
}

Task<Result<Team>> found(pg::Session& session, UserId owner, std::string name, Landing landing) {
  for (int attempt = 0; attempt < kSlugAttempts; ++attempt) {
    CO_TRY(auto team, co_await insert_team(session, name, random_slug()));
    if (!team) continue;
    CO_TRY_VOID(co_await insert_member(session, {team->id, owner, TeamRole::owner, landing}));
    co_return *std::move(team);
  }
  co_return fail(internal_error("no free slug found"));
}

}  // namespace

Task<Result<Team>> found_default_team(pg::Transaction& tx, UserId owner, std::string user_name) {
  return found(tx, owner, default_team_name(user_name), Landing::here);
}

Task<Result<TeamOfUser>> TeamsService::create(access::Actor actor, std::string name) {
  CO_TRY(name, team_name(name));
  co_return co_await database_.transaction<TeamOfUser>(
      std::bind_front(&TeamsService::create_in, this, std::move(actor), std::move(name)));
}

Task<Result<TeamOfUser>> TeamsService::create_in(access::Actor actor, std::string name, pg::Transaction& tx) {
  CO_TRY(auto count, co_await count_teams_of_user(tx, *actor.user));
  if (count >= kMaxTeamsOfUser)
    co_return fail(Error{Errc::quota_exceeded, "you are in too many teams already"});
  CO_TRY(auto team, co_await found(tx, *actor.user, std::move(name), Landing::elsewhere));
  auto created = audit::happened(What::team_create, team.id, actor, team.id.str(), {{"name", team.name}});
  CO_TRY_VOID(co_await audit::record(tx, std::move(created)));
  co_return TeamOfUser{team.id, team.name, team.slug, team.is_byoc, team.created_at, TeamRole::owner};
}

Task<Result<std::vector<TeamOfUser>>> TeamsService::list(UserId user) {
  return list_teams_of_user(database_, user);
}

Task<Result<TeamDetail>> TeamsService::get(TeamId team) {
  TeamDetail detail;
  CO_TRY(detail.team, co_await get_team(database_, team));
  CO_TRY(detail.members, co_await list_members(database_, team));
  co_return detail;
}

Task<Result<void>> TeamsService::rename(access::Actor actor, TeamId team, std::string name) {
  CO_TRY(name, team_name(name));
  CO_TRY_VOID(co_await database_.transaction<bool>(
      std::bind_front(&TeamsService::rename_in, this, std::move(actor), team, std::move(name))));
  co_return Result<void>{};
}

Task<Result<bool>> TeamsService::rename_in(access::Actor actor, TeamId team, std::string name,
                                           pg::Transaction& tx) {
  CO_TRY(auto old_name, co_await update_team_name(tx, team, name));
  auto renamed = audit::happened(What::team_rename, team, actor, team.str(),
                                 {{"old_name", old_name}, {"new_name", name}});
  CO_TRY_VOID(co_await audit::record(tx, std::move(renamed)));
  co_return true;
}

Task<Result<void>> TeamsService::transfer(access::Actor actor, TeamId team, UserId to) {
  CO_TRY_VOID(co_await database_.transaction<bool>(
      std::bind_front(&TeamsService::transfer_in, this, std::move(actor), team, to)));
  co_return Result<void>{};
}

Task<Result<bool>> TeamsService::transfer_in(access::Actor actor, TeamId team, UserId to,
                                             pg::Transaction& tx) {
  CO_TRY_VOID(co_await lock_team(tx, team));
  CO_TRY(auto heir, co_await find_standing(tx, team, to));
  if (!heir || !heir->is_active) co_return fail(not_found("member", to.str()));
  if (to == *actor.user)
    co_return fail(invalid_request("you own this team already", {{"user_id", "is yourself"}}));
  CO_TRY(bool stepped_down, co_await move_owner(tx, team, *actor.user, {TeamRole::owner}, TeamRole::admin));
  if (!stepped_down) co_return fail(Error{Errc::forbidden, "only the owner of the team may do this"});
  CO_TRY(bool stepped_up,
         co_await move_owner(tx, team, to, {TeamRole::admin, TeamRole::member}, TeamRole::owner));
  if (!stepped_up) co_return fail(not_found("member", to.str()));
  auto event = audit::happened(What::team_transfer, team, actor, team.str(),
                               {{"old_owner", actor.user->str()}, {"new_owner", to.str()}});
  CO_TRY_VOID(co_await audit::record(tx, std::move(event)));
  co_return true;
}

Task<Result<void>> TeamsService::enable_byoc(access::Actor actor, TeamId team) {
  if (team == kPlatformTeam)
    co_return fail(Error{Errc::forbidden, "the platform's team has no hosts of its own"});
  CO_TRY_VOID(co_await database_.transaction<bool>(
      std::bind_front(&TeamsService::enable_byoc_in, this, std::move(actor), team)));
  co_return Result<void>{};
}

Task<Result<bool>> TeamsService::enable_byoc_in(access::Actor actor, TeamId team, pg::Transaction& tx) {
  CO_TRY(bool was, co_await set_byoc(tx, team));
  if (was) co_return true;
  auto event = audit::happened(What::team_set_byoc, team, actor, team.str(), {{"enabled", true}});
  CO_TRY_VOID(co_await audit::record(tx, std::move(event)));
  co_return true;
}

Task<Result<http::Page<TeamOverview>>> TeamsService::list_all(ListTeams list) {
  CO_TRY(auto limit, page_limit(list.limit));
  list.limit = limit;
  if (list.search) list.search = std::string(trim(*list.search));
  if (list.search && list.search->empty()) list.search.reset();
  if (list.search && list.search->size() > kMaxSearch)
    co_return fail(invalid_request("search is too long", {{"search", "is too long"}}));
  if (list.search && list.search->starts_with("team-")) list.search->erase(0, 5);
  CO_TRY(auto rows, co_await list_teams_any_team(database_, std::move(list)));
  auto next = cut_page(rows, limit);
  co_return http::Page<TeamOverview>{std::move(rows), std::move(next)};
}

}  // namespace sandbar::control::teams
