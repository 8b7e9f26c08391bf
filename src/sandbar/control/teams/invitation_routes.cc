// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/teams/routes.h"
#include "sandbar/control/teams/views.h"

namespace sandbar::control::teams::invitations {
namespace {

using access::Call;
using enum http::Access;

constexpr access::RateLimit kInvitations{.burst = 60, .per_minute = 20};
constexpr access::RateLimit kAnswers{.burst = 30, .per_minute = 20};

InvitationView view_of(Invitation invitation) {
  return {invitation.id,         invitation.team_id,    std::move(invitation.email),
          invitation.role,       invitation.invited_by, std::move(invitation.inviter_email),
          invitation.created_at, invitation.expires_at, {}};
}

ReceivedInvitationView view_of(ReceivedInvitation received) {
  return {received.id,
          received.team_id,
          std::move(received.team_name),
          std::move(received.team_slug),
          received.role,
          std::move(received.inviter_email),
          std::move(received.inviter_name),
          received.needs_token,
          received.created_at,
          received.expires_at};
}

Task<Result<http::Page<InvitationView>>> list(InvitationsService& service, Call& call, TeamId id) {
  CO_TRY_VOID(check_same_team(call, id));
  CO_TRY(auto invitations, co_await service.list(id));
  http::Page<InvitationView> page;
  for (auto& invitation : invitations) page.items.push_back(view_of(std::move(invitation)));
  co_return page;
}

Task<Result<http::Created<InvitationView>>> create(InvitationsService& service, Call& call, TeamId id,
                                                   InviteRequest request) {
  CO_TRY_VOID(check_same_team(call, id));
  CO_TRY(auto role, role_of(request.role.value_or("member")));
  CO_TRY_VOID(call.limit_actor(service.limiter(), "invite", kInvitations));
  CO_TRY(auto created, co_await service.create(call.actor(), id, std::move(request.email), role));
  auto view = view_of(std::move(created.row));
  if (created.token) view.token = created.token->reveal();
  co_return http::Created<InvitationView>{std::move(view)};
}

Task<Result<http::NoContent>> revoke(InvitationsService& service, Call& call, TeamId id,
                                     InvitationId invitation) {
  CO_TRY_VOID(check_same_team(call, id));
  CO_TRY_VOID(co_await service.revoke(call.actor(), id, invitation));
  co_return http::NoContent{};
}

Task<Result<http::Page<ReceivedInvitationView>>> list_mine(InvitationsService& service, Call& call) {
  CO_TRY(auto received, co_await service.list_received(call.actor()));
  http::Page<ReceivedInvitationView> page;
  for (auto& invitation : received) page.items.push_back(view_of(std::move(invitation)));
  co_return page;
}

Task<Result<TeamView>> accept(InvitationsService& service, Call& call, InvitationId id,
                              AcceptInvitationRequest request) {
  CO_TRY_VOID(call.limit_actor(service.limiter(), "accept", kAnswers));
  CO_TRY(auto team, co_await service.accept(call.actor(), id, std::move(request.token)));
  co_return teams::view_of(team);
}

Task<Result<http::NoContent>> decline(InvitationsService& service, Call& call, InvitationId id) {
  CO_TRY_VOID(co_await service.decline(call.actor(), id));
  co_return http::NoContent{};
}

constexpr http::ServiceRoute<InvitationsService> kRoutes[] = {
    http::route<&list>("GET", "/v1/teams/{id}/invitations", team_admin, "List a team's open invitations"),
    http::route<&create>("POST", "/v1/teams/{id}/invitations", team_admin,
                         "Invite somebody by e-mail address; the token is shown only now"),
    http::route<&revoke>("DELETE", "/v1/teams/{id}/invitations/{invitation_id}", team_admin,
                         "Take an invitation back"),
    http::route<&list_mine>("GET", "/v1/me/invitations", session, "List the invitations to your address"),
    http::route<&accept>("POST", "/v1/me/invitations/{id}/accept", session, "Join the team that invites you"),
    http::route<&decline>("POST", "/v1/me/invitations/{id}/decline", session, "Decline an invitation"),
};

}  // namespace
}  // namespace sandbar::control::teams::invitations

namespace sandbar::control::teams {

http::Routes<InvitationsService> invitation_routes() { return invitations::kRoutes; }

}  // namespace sandbar::control::teams
