// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/teams/invitations.h"

#include "sandbar/base/try.h"
#include "sandbar/control/audit/service.h"
#include "sandbar/control/mail/service.h"
#include "sandbar/control/teams/members.h"
#include "sandbar/control/teams/store.h"

namespace sandbar::control::teams {
namespace {

using audit::What;

constexpr int kMaxInvitations = 200;
constexpr std::size_t kMaxToken = 200;

audit::Event event_of(What what, const access::Actor& actor, TeamId team, InvitationId id,
                      boost::json::object metadata = {}) {
  return audit::happened(what, team, actor, id.str(), std::move(metadata));
}

}  // namespace

Task<Result<NewInvitation>> InvitationsService::create(access::Actor actor, TeamId team, std::string email,
                                                       TeamRole role) {
  CO_TRY(email, checked_email(email));
  if (role == TeamRole::owner)
    co_return fail(invalid_request("role must be admin or member", {{"role", "must be admin or member"}}));
  Wanted wanted{team, std::move(email), role};
  co_return co_await database_.transaction<NewInvitation>(
      std::bind_front(&InvitationsService::create_in, this, std::move(actor), std::move(wanted)));
}

Task<Result<NewInvitation>> InvitationsService::create_in(access::Actor actor, Wanted wanted,
                                                          pg::Transaction& tx) {
  CO_TRY(auto team, co_await lock_team(tx, wanted.team));
  CO_TRY_VOID(co_await check_manages(tx, actor, wanted.team));
  CO_TRY(bool member, co_await is_member(tx, wanted.team, wanted.email));
  if (member) co_return fail(Error{Errc::already_member, "this user is a member already"});
  CO_TRY(auto open, co_await count_invitations(tx, wanted.team));
  if (open >= kMaxInvitations)
    co_return fail(Error{Errc::quota_exceeded, "the team has too many open invitations: revoke some first"});
  auto id = InvitationId::random();
  auto token = access::mail_token(keys_, id.uuid());
  CO_TRY(auto row, co_await upsert_invitation(
                       tx, {id, team.id, wanted.email, wanted.role, access::stored_form(token.reveal()),
                            *actor.user, options_.lifetime}));
  row.inviter_email = actor.email;
  auto event = event_of(What::invitation_create, actor, wanted.team, row.id,
                        {{"email", row.email}, {"role", enum_name(row.role)}});
  CO_TRY_VOID(co_await audit::record(tx, std::move(event)));
  if (!options_.are_mailed) co_return NewInvitation{std::move(row), std::move(token)};
  CO_TRY_VOID(co_await mail::enqueue(
      tx, {mail::MailKind::invitation, row.email, team.name, id.uuid(), options_.lifetime}));
  co_return NewInvitation{std::move(row), std::nullopt};
}

Task<Result<std::vector<Invitation>>> InvitationsService::list(TeamId team) {
  return list_invitations(database_, team);
}

Task<Result<void>> InvitationsService::revoke(access::Actor actor, TeamId team, InvitationId id) {
  CO_TRY_VOID(co_await database_.transaction<bool>(
      std::bind_front(&InvitationsService::revoke_in, this, std::move(actor), team, id)));
  co_return Result<void>{};
}

Task<Result<bool>> InvitationsService::revoke_in(access::Actor actor, TeamId team, InvitationId id,
                                                 pg::Transaction& tx) {
  CO_TRY_VOID(co_await lock_team(tx, team));
  CO_TRY_VOID(co_await check_manages(tx, actor, team));
  CO_TRY(auto email, co_await delete_invitation(tx, team, id));
  auto event = event_of(What::invitation_revoke, actor, team, id, {{"email", email}});
  CO_TRY_VOID(co_await audit::record(tx, std::move(event)));
  co_return true;
}

Task<Result<std::vector<ReceivedInvitation>>> InvitationsService::list_received(access::Actor actor) {
  return teams::list_received(database_, *actor.user);
}

Task<Result<TeamOfUser>> InvitationsService::accept(access::Actor actor, InvitationId id,
                                                    std::optional<std::string> token) {
  if (token && token->size() > kMaxToken) token = "";
  co_return co_await database_.transaction<TeamOfUser>(
      std::bind_front(&InvitationsService::accept_in, this, std::move(actor), id, std::move(token)));
}

Task<Result<TeamOfUser>> InvitationsService::accept_in(access::Actor actor, InvitationId id,
                                                       std::optional<std::string> token,
                                                       pg::Transaction& tx) {
  std::optional<std::string> hash;
  if (token) hash = access::stored_form(*token);
  CO_TRY(auto received, co_await get_received(tx, *actor.user, id, hash));
  if (!received.fits)
    co_return fail(
        Error{Errc::forbidden, "the token of the invitation is needed, and must be the right one"});
  CO_TRY(auto team, co_await lock_team(tx, received.team_id));
  CO_TRY_VOID(co_await delete_invitation(tx, team.id, id));
  CO_TRY_VOID(co_await join(tx, team.id, *actor.user, received.role));
  CO_TRY_VOID(co_await audit::record(tx, event_of(What::invitation_accept, actor, team.id, id)));
  auto added = audit::happened(What::member_add, team.id, actor, actor.user->str(),
                               {{"email", actor.email}, {"role", enum_name(received.role)}});
  CO_TRY_VOID(co_await audit::record(tx, std::move(added)));
  co_return TeamOfUser{team.id, team.name, team.slug, team.is_byoc, team.created_at, received.role};
}

Task<Result<void>> InvitationsService::decline(access::Actor actor, InvitationId id) {
  CO_TRY_VOID(co_await database_.transaction<bool>(
      std::bind_front(&InvitationsService::decline_in, this, std::move(actor), id)));
  co_return Result<void>{};
}

Task<Result<bool>> InvitationsService::decline_in(access::Actor actor, InvitationId id, pg::Transaction& tx) {
  CO_TRY(auto received, co_await get_received(tx, *actor.user, id, std::nullopt));
  CO_TRY_VOID(co_await delete_invitation(tx, received.team_id, id));
  CO_TRY_VOID(co_await audit::record(tx, event_of(What::invitation_decline, actor, received.team_id, id)));
  co_return true;
}

}  // namespace sandbar::control::teams
