// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/teams/routes.h"

#include "sandbar/control/teams/views.h"

namespace sandbar::control::teams {
namespace {

using access::Call;
using enum http::Access;

TeamDetailView view_of_detail(const TeamDetail& detail) {
  TeamDetailView view{view_of(detail.team), {}};
  for (const auto& member : detail.members) view.members.push_back(view_of(member));
  return view;
}

AdminTeamView admin_view_of(TeamOverview team) {
  AdminTeamView view{
      team.id, std::move(team.name), std::move(team.slug), team.is_byoc, team.created_at, team.deleted_at,
      {},      team.members,         team.sandboxes,       team.hosts};
  if (team.owner_id)
    view.owner = OwnerView{*team.owner_id, team.owner_email.value_or(""), team.owner_name.value_or("")};
  return view;
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
  co_return view_of_detail(detail);
}

Task<Result<http::NoContent>> rename(TeamsService& service, Call& call, TeamId id,
                                     RenameTeamRequest request) {
  CO_TRY_VOID(check_same_team(call, id));
  CO_TRY_VOID(co_await service.rename(call.actor(), id, std::move(request.name)));
  co_return http::NoContent{};
}

Task<Result<http::NoContent>> transfer(TeamsService& service, Call& call, TeamId id,
                                       TransferTeamRequest request) {
  CO_TRY_VOID(check_same_team(call, id));
  CO_TRY_VOID(co_await service.transfer(call.actor(), id, request.user_id));
  co_return http::NoContent{};
}

Task<Result<http::Page<AdminTeamView>>> list_all(TeamsService& service, Call&,
                                                 http::Query<ListTeamsQuery> query) {
  CO_TRY(auto page, co_await service.list_all({query->search, query->cursor, query->limit}));
  http::Page<AdminTeamView> view{.next_cursor = std::move(page.next_cursor)};
  for (auto& team : page.items) view.items.push_back(admin_view_of(std::move(team)));
  co_return view;
}

Task<Result<http::NoContent>> set_byoc(TeamsService& service, Call& call, TeamId id, SetByocRequest request) {
  if (!request.enabled.value_or(false))
    co_return fail(invalid_request("enabled must be true: a team keeps its own hosts once it has them",
                                   {{"enabled", "must be true"}}));
  CO_TRY_VOID(co_await service.enable_byoc(call.actor(), id));
  co_return http::NoContent{};
}

constexpr http::ServiceRoute<TeamsService> kRoutes[] = {
    http::route<&list>("GET", "/v1/teams", session, "List your teams"),
    http::route<&create>("POST", "/v1/teams", session, "Create a team"),
    http::route<&view>("GET", "/v1/teams/{id}", user, "Show a team and its members"),
    http::route<&rename>("PATCH", "/v1/teams/{id}", team_admin, "Rename a team"),
    http::route<&transfer>("POST", "/v1/teams/{id}/transfer", team_owner, "Make another member the owner"),
    http::route<&list_all>("GET", "/v1/admin/teams", platform_admin,
                           "List and search all teams, newest first"),
    http::route<&set_byoc>("PUT", "/v1/admin/teams/{id}/byoc", platform_admin,
                           "Let a team run its sandboxes on hosts of its own"),
};

}  // namespace

http::Routes<TeamsService> routes() { return kRoutes; }

}  // namespace sandbar::control::teams
