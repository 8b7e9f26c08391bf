// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/teams/routes.h"

#include "sandbar/control/access/call.h"
#include "sandbar/control/teams/api.h"

namespace sandbar::control::teams {
namespace {

using access::Call;
using enum http::Access;

TeamView view_of(const Team& team) {
  return {team.id, team.name, team.slug, team.is_byoc, team.created_at, {}};
}

TeamView view_of(const TeamOfUser& team) {
  return {team.id, team.name, team.slug, team.is_byoc, team.created_at, team.role};
}

TeamDetailView view_of(const TeamDetail& detail) {
  TeamDetailView view{view_of(detail.team), {}};
  for (const auto& m : detail.members)
    view.members.push_back({m.user_id, m.name, m.email, m.role, m.joined_at});
  return view;
}

Result<void> check_same_team(const Call& call, TeamId team) {
  if (call.team() == team) return {};
  return fail(Error{Errc::forbidden, "switch to this team first"});
}

Task<Result<http::Page<TeamView>>> list(TeamsService& service, Call& call) {
  CO_TRY(auto teams, co_await service.list(call.user()));
  http::Page<TeamView> page;
  for (const auto& team : teams) page.items.push_back(view_of(team));
  co_return page;
}

Task<Result<http::Created<TeamView>>> create(TeamsService& service, Call& call, CreateTeamRequest request) {
  CO_TRY(auto team, co_await service.create(call.actor(), std::move(request.name)));
  co_return http::Created<TeamView>{view_of(team)};
}

Task<Result<TeamDetailView>> view(TeamsService& service, Call& call, TeamId id) {
  CO_TRY_VOID(check_same_team(call, id));
  CO_TRY(auto detail, co_await service.get(id));
  co_return view_of(detail);
}

Task<Result<http::NoContent>> rename(TeamsService& service, Call& call, TeamId id,
                                     RenameTeamRequest request) {
  CO_TRY_VOID(check_same_team(call, id));
  CO_TRY_VOID(co_await service.rename(call.actor(), id, std::move(request.name)));
  co_return http::NoContent{};
}

constexpr http::ServiceRoute<TeamsService> kRoutes[] = {
    http::route<&list>("GET", "/v1/teams", session, "List your teams"),
    http::route<&create>("POST", "/v1/teams", session, "Create a team"),
    http::route<&view>("GET", "/v1/teams/{id}", user, "Show a team and its members"),
    http::route<&rename>("PATCH", "/v1/teams/{id}", team_admin, "Rename a team"),
};

}  // namespace

http::Routes<TeamsService> routes() { return kRoutes; }

}  // namespace sandbar::control::teams
