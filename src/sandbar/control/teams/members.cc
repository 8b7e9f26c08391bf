// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/teams/members.h"

#include "sandbar/base/strings.h"
#include "sandbar/base/try.h"
#include "sandbar/control/api_keys/service.h"
#include "sandbar/control/audit/service.h"
#include "sandbar/control/teams/store.h"

namespace sandbar::control::teams {
namespace {

using audit::What;

constexpr int kMaxMembers = 1000;
constexpr std::size_t kMaxEmail = 320;

Error forbidden(std::string message) { return {Errc::forbidden, std::move(message)}; }

audit::Event event_of(What what, const access::Actor& actor, TeamId team, UserId user,
                      boost::json::object metadata = {}) {
  return audit::happened(what, team, actor, user.str(), std::move(metadata));
}

// What may be changed: a member who is not the owner.
// The role of a member who is not the owner.
Task<Result<TeamRole>> check_target(pg::Transaction& tx, TeamId team, UserId user) {
  CO_TRY(auto standing, co_await find_standing(tx, team, user));
  if (!standing) co_return fail(not_found("member", user.str()));
  if (standing->role == TeamRole::owner) co_return fail(forbidden("this is the owner of the team"));
  co_return standing->role;
}

}  // namespace

Result<std::string> checked_email(std::string_view email) {
  auto address = to_lower(trim(email));
  auto at = address.find('@');
  if (at != address.npos && at > 0 && at + 1 < address.size() && is_utf8(address) &&
      count_code_points(address) <= kMaxEmail)
    return address;
  return fail(invalid_request("email must be an e-mail address", {{"email", "must be an e-mail address"}}));
}

Task<Result<Time>> join(pg::Transaction& tx, TeamId team, UserId user, TeamRole role) {
  CO_TRY(auto count, co_await count_members(tx, team));
  if (count >= kMaxMembers) co_return fail(Error{Errc::quota_exceeded, "the team has too many members"});
  CO_TRY(auto joined, co_await insert_member(tx, {team, user, role}));
  if (!joined) co_return fail(Error{Errc::already_member, "this user is a member already"});
  co_return *joined;
}

Task<Result<void>> check_manages(pg::Transaction& tx, const access::Actor& actor, TeamId team) {
  CO_TRY(auto standing, co_await find_standing(tx, team, *actor.user));
  if (standing && standing->is_active && standing->role != TeamRole::member) co_return Result<void>{};
  co_return fail(forbidden("only owners and admins of the team may do this"));
}

Task<Result<std::vector<Member>>> MembersService::list(TeamId team) { return list_members(database_, team); }

Task<Result<Member>> MembersService::add(access::Actor actor, TeamId team, std::string email) {
  CO_TRY(email, checked_email(email));
  co_return co_await database_.transaction<Member>(
      std::bind_front(&MembersService::add_in, this, std::move(actor), team, std::move(email)));
}

Task<Result<Member>> MembersService::add_in(access::Actor actor, TeamId team, std::string email,
                                            pg::Transaction& tx) {
  CO_TRY_VOID(co_await lock_team(tx, team));
  CO_TRY_VOID(co_await check_manages(tx, actor, team));
  CO_TRY(auto person, co_await get_active_user(tx, email));
  CO_TRY(auto joined_at, co_await join(tx, team, person.user_id, TeamRole::member));
  auto event = event_of(What::member_add, actor, team, person.user_id,
                        {{"email", person.email}, {"role", enum_name(TeamRole::member)}});
  CO_TRY_VOID(co_await audit::record(tx, std::move(event)));
  co_return Member{person.user_id, person.name, person.email, TeamRole::member, joined_at};
}

Task<Result<void>> MembersService::change_role(access::Actor actor, TeamId team, UserId user, TeamRole role) {
  if (role == TeamRole::owner)
    co_return fail(invalid_request("role must be admin or member; a team is handed over with a transfer",
                                   {{"role", "must be admin or member"}}));
  CO_TRY_VOID(co_await database_.transaction<bool>(
      std::bind_front(&MembersService::change_role_in, this, std::move(actor), team, user, role)));
  co_return Result<void>{};
}

Task<Result<bool>> MembersService::change_role_in(access::Actor actor, TeamId team, UserId user,
                                                  TeamRole role, pg::Transaction& tx) {
  CO_TRY_VOID(co_await lock_team(tx, team));
  CO_TRY_VOID(co_await check_manages(tx, actor, team));
  CO_TRY(auto old_role, co_await check_target(tx, team, user));
  CO_TRY(bool changed, co_await update_role(tx, team, user, role));
  if (!changed) co_return fail(not_found("member", user.str()));
  auto event = event_of(What::member_role_update, actor, team, user,
                        {{"old_role", enum_name(old_role)}, {"new_role", enum_name(role)}});
  CO_TRY_VOID(co_await audit::record(tx, std::move(event)));
  co_return true;
}

Task<Result<void>> MembersService::remove(access::Actor actor, TeamId team, UserId user) {
  CO_TRY_VOID(co_await database_.transaction<bool>(
      std::bind_front(&MembersService::remove_in, this, std::move(actor), team, user)));
  co_return Result<void>{};
}

Task<Result<bool>> MembersService::remove_in(access::Actor actor, TeamId team, UserId user,
                                             pg::Transaction& tx) {
  CO_TRY_VOID(co_await lock_team(tx, team));
  CO_TRY_VOID(co_await check_manages(tx, actor, team));
  CO_TRY_VOID(co_await check_target(tx, team, user));
  CO_TRY(bool gone, co_await delete_member(tx, team, user));
  if (!gone) co_return fail(not_found("member", user.str()));
  CO_TRY_VOID(co_await audit::record(tx, event_of(What::member_remove, actor, team, user)));
  CO_TRY_VOID(co_await api_keys::revoke_keys_of_member(tx, actor, team, user));
  co_return true;
}

Task<Result<void>> MembersService::leave(access::Actor actor, TeamId team) {
  CO_TRY_VOID(co_await database_.transaction<bool>(
      std::bind_front(&MembersService::leave_in, this, std::move(actor), team)));
  co_return Result<void>{};
}

Task<Result<bool>> MembersService::leave_in(access::Actor actor, TeamId team, pg::Transaction& tx) {
  CO_TRY_VOID(co_await lock_team(tx, team));
  CO_TRY(auto standing, co_await find_standing(tx, team, *actor.user));
  if (!standing) co_return fail(forbidden("you are not a member of this team"));
  if (standing->role == TeamRole::owner)
    co_return fail(forbidden("the owner cannot leave: hand the team over first, or delete it"));
  CO_TRY_VOID(co_await delete_member(tx, team, *actor.user));
  CO_TRY_VOID(co_await audit::record(tx, event_of(What::member_leave, actor, team, *actor.user)));
  CO_TRY_VOID(co_await api_keys::revoke_keys_of_member(tx, actor, team, *actor.user));
  co_return true;
}

}  // namespace sandbar::control::teams
