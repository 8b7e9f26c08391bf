// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/teams/routes.h"
#include "sandbar/control/teams/views.h"

namespace sandbar::control::teams::members {
namespace {

using access::Call;
using enum http::Access;

Task<Result<http::Page<MemberView>>> list(MembersService& service, Call& call, TeamId id) {
  CO_TRY_VOID(check_same_team(call, id));
  CO_TRY(auto members, co_await service.list(id));
  http::Page<MemberView> page;
  for (const auto& member : members) page.items.push_back(view_of(member));
  co_return page;
}

Task<Result<http::Created<MemberView>>> add(MembersService& service, Call& call, TeamId id,
                                            AddMemberRequest request) {
  CO_TRY_VOID(check_same_team(call, id));
  CO_TRY(auto member, co_await service.add(call.actor(), id, std::move(request.email)));
  co_return http::Created<MemberView>{view_of(member)};
}

Task<Result<http::NoContent>> change_role(MembersService& service, Call& call, TeamId id, UserId user,
                                          ChangeRoleRequest request) {
  CO_TRY_VOID(check_same_team(call, id));
  CO_TRY(auto role, role_of(request.role));
  CO_TRY_VOID(co_await service.change_role(call.actor(), id, user, role));
  co_return http::NoContent{};
}

Task<Result<http::NoContent>> remove(MembersService& service, Call& call, TeamId id, UserId user) {
  CO_TRY_VOID(check_same_team(call, id));
  CO_TRY_VOID(co_await service.remove(call.actor(), id, user));
  co_return http::NoContent{};
}

Task<Result<http::NoContent>> leave(MembersService& service, Call& call, TeamId id) {
  CO_TRY_VOID(check_same_team(call, id));
  CO_TRY_VOID(co_await service.leave(call.actor(), id));
  co_return http::NoContent{};
}

constexpr http::ServiceRoute<MembersService> kRoutes[] = {
    http::route<&list>("GET", "/v1/teams/{id}/members", user, "List a team's members"),
    http::route<&add>("POST", "/v1/teams/{id}/members", team_admin, "Add a user to a team"),
    http::route<&change_role>("PATCH", "/v1/teams/{id}/members/{user_id}", team_admin,
                              "Change a member's role"),
    http::route<&remove>("DELETE", "/v1/teams/{id}/members/{user_id}", team_admin,
                         "Remove a member, whose API keys are revoked"),
    http::route<&leave>("POST", "/v1/teams/{id}/leave", user, "Leave a team"),
};

}  // namespace
}  // namespace sandbar::control::teams::members

namespace sandbar::control::teams {

http::Routes<MembersService> member_routes() { return members::kRoutes; }

}  // namespace sandbar::control::teams
