// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/teams/store.h"

#include "sandbar/control/teams/store.sql.h"
#include "sandbar/model/cursor.h"
#include "sandbar/model/sandbox_state.h"

namespace sandbar::control::teams {
namespace {

using access::UserStatus;

Result<bool> changed(const Result<pg::Rows>& rows) {
  if (!rows) return fail(rows.error());
  return rows->affected() == 1;
}

}  // namespace

Task<Result<std::optional<Team>>> insert_team(pg::Session& session, std::string name, std::string slug) {
  CO_TRY(auto rows, co_await session.query(sql::insert_team, TeamId::random(), name, slug));
  co_return rows.maybe<Team>();
}

Task<Result<Team>> lock_team(pg::Transaction& tx, TeamId team) {
  CO_TRY(auto rows, co_await tx.query(sql::lock_team, team));
  co_return rows.one<Team>("team");
}

Task<Result<int>> count_teams_of_user(pg::Transaction& tx, UserId user) {
  CO_TRY_VOID(co_await tx.query(sql::lock_user, user));
  CO_TRY(auto rows, co_await tx.query(sql::count_teams_of_user, user));
  co_return rows[0].get<int>("count");
}

Task<Result<std::vector<TeamOfUser>>> list_teams_of_user(pg::Session& session, UserId user) {
  CO_TRY(auto rows, co_await session.query(sql::list_teams_of_user, user));
  co_return rows.all<TeamOfUser>();
}

Task<Result<Team>> get_team(pg::Session& session, TeamId team) {
  CO_TRY(auto rows, co_await session.query(sql::get_team, team));
  co_return rows.one<Team>("team");
}

Task<Result<std::string>> update_team_name(pg::Session& session, TeamId team, std::string name) {
  CO_TRY(auto rows, co_await session.query(sql::update_team_name, name, team));
  if (rows.empty()) co_return fail(Error{Errc::not_found, "team not found"});
  co_return rows[0].get<std::string>("old_name");
}

Task<Result<std::vector<TeamId>>> lock_owned_teams(pg::Transaction& tx, UserId user) {
  CO_TRY(auto rows, co_await tx.query(sql::lock_owned_teams, user, TeamRole::owner));
  std::vector<TeamId> ids;
  for (std::size_t i = 0; i < rows.size(); ++i) ids.push_back(rows[i].get<TeamId>("id"));
  co_return ids;
}

Task<Result<int>> count_others(pg::Transaction& tx, std::vector<TeamId> teams, UserId user) {
  CO_TRY(auto rows, co_await tx.query(sql::count_others, teams, user));
  co_return rows[0].get<int>("count");
}

Task<Result<void>> delete_teams(pg::Transaction& tx, std::vector<TeamId> teams) {
  CO_TRY_VOID(co_await tx.query(sql::delete_teams, teams));
  co_return Result<void>{};
}

Task<Result<std::vector<TeamId>>> delete_memberships(pg::Transaction& tx, UserId user) {
  CO_TRY(auto rows, co_await tx.query(sql::delete_memberships, user));
  std::vector<TeamId> left;
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (rows[i].get<bool>("is_live")) left.push_back(rows[i].get<TeamId>("team_id"));
  co_return left;
}

Task<Result<bool>> set_byoc(pg::Session& session, TeamId team) {
  CO_TRY(auto rows, co_await session.query(sql::set_byoc, team));
  if (rows.empty()) co_return fail(Error{Errc::not_found, "team not found"});
  co_return rows[0].get<bool>("was");
}

Task<Result<std::vector<TeamOverview>>> list_teams_any_team(pg::Session& session, ListTeams list) {
  CO_TRY(auto cursor, Cursor::parse_optional(list.cursor));
  auto at = cursor ? std::optional(cursor->at) : std::nullopt;
  auto id = cursor ? std::optional(cursor->id) : std::nullopt;
  CO_TRY(auto rows,
         co_await session.query(sql::list_page_any_team, states_where(&holds_resources), TeamRole::owner,
                                kPlatformTeam, list.search, at, id, list.limit + 1));
  co_return rows.all<TeamOverview>();
}

Task<Result<std::optional<Time>>> insert_member(pg::Session& session, NewMember member) {
  CO_TRY(auto rows, co_await session.query(sql::insert_member, member.team, member.user, member.role,
                                           member.landing == Landing::here));
  if (rows.empty()) co_return std::nullopt;
  co_return rows[0].get<Time>("joined_at");
}

Task<Result<std::vector<Member>>> list_members(pg::Session& session, TeamId team) {
  CO_TRY(auto rows, co_await session.query(sql::list_members, UserStatus::active, team));
  co_return rows.all<Member>();
}

Task<Result<int>> count_members(pg::Session& session, TeamId team) {
  CO_TRY(auto rows, co_await session.query(sql::count_members, team));
  co_return rows[0].get<int>("count");
}

Task<Result<std::optional<Standing>>> find_standing(pg::Session& session, TeamId team, UserId user) {
  CO_TRY(auto rows, co_await session.query(sql::find_standing, UserStatus::active, team, user));
  co_return rows.maybe<Standing>();
}

Task<Result<Person>> get_active_user(pg::Session& session, std::string email) {
  CO_TRY(auto rows, co_await session.query(sql::find_active_user, email, UserStatus::active));
  if (rows.empty()) co_return fail(Error{Errc::not_found, "there is no account with this e-mail address"});
  co_return rows[0].as<Person>();
}

Task<Result<bool>> is_member(pg::Session& session, TeamId team, std::string email) {
  CO_TRY(auto rows, co_await session.query(sql::is_member, team, email));
  co_return rows[0].get<bool>("value");
}

Task<Result<bool>> update_role(pg::Session& session, TeamId team, UserId user, TeamRole role) {
  co_return changed(co_await session.query(sql::update_role, role, team, user, TeamRole::owner));
}

Task<Result<bool>> delete_member(pg::Session& session, TeamId team, UserId user) {
  co_return changed(co_await session.query(sql::delete_member, team, user, TeamRole::owner));
}

Task<Result<bool>> move_owner(pg::Session& session, TeamId team, UserId user, std::vector<TeamRole> from,
                              TeamRole to) {
  co_return changed(co_await session.query(sql::move_owner, to, team, user, from));
}

Task<Result<Invitation>> upsert_invitation(pg::Session& session, InvitationRow row) {
  CO_TRY(auto rows, co_await session.query(sql::upsert_invitation, row.id, row.team, row.email, row.role,
                                           row.token_hash, row.invited_by, row.lifetime.count()));
  co_return rows[0].as<Invitation>();
}

Task<Result<int>> count_invitations(pg::Session& session, TeamId team) {
  CO_TRY(auto rows, co_await session.query(sql::count_invitations, team));
  co_return rows[0].get<int>("count");
}

Task<Result<std::vector<Invitation>>> list_invitations(pg::Session& session, TeamId team) {
  CO_TRY(auto rows, co_await session.query(sql::list_invitations, team));
  co_return rows.all<Invitation>();
}

Task<Result<std::string>> delete_invitation(pg::Session& session, TeamId team, InvitationId id) {
  CO_TRY(auto rows, co_await session.query(sql::delete_invitation, id, team));
  if (rows.empty()) co_return fail(not_found("invitation", id.str()));
  co_return rows[0].get<std::string>("email");
}

Task<Result<std::vector<ReceivedInvitation>>> list_received(pg::Session& session, UserId user) {
  CO_TRY(auto rows, co_await session.query(sql::list_received, user));
  co_return rows.all<ReceivedInvitation>();
}

Task<Result<Received>> get_received(pg::Session& session, UserId user, InvitationId id,
                                    std::optional<std::string> token_hash) {
  CO_TRY(auto rows, co_await session.query(sql::find_received, token_hash, user, id));
  if (rows.empty()) co_return fail(not_found("invitation", id.str()));
  co_return rows[0].as<Received>();
}

}  // namespace sandbar::control::teams
