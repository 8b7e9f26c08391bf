// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/teams/store.h"

#include "sandbar/control/teams/store.sql.h"

namespace sandbar::control::teams {

Task<Result<std::optional<Team>>> insert_team(pg::Session& session, std::string name, std::string slug) {
  CO_TRY(auto rows, co_await session.query(sql::insert_team, TeamId::random(), name, slug));
  co_return rows.maybe<Team>();
}

Task<Result<void>> insert_member(pg::Session& session, TeamId team, UserId user, TeamRole role,
                                 Landing landing) {
  CO_TRY_VOID(co_await session.query(sql::insert_member, team, user, role, landing == Landing::here));
  co_return Result<void>{};
}

Task<Result<int>> count_teams_of_user(pg::Session& session, UserId user) {
  CO_TRY(auto rows, co_await session.query(sql::count_teams_of_user, user));
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

Task<Result<std::vector<Member>>> list_members(pg::Session& session, TeamId team) {
  CO_TRY(auto rows, co_await session.query(sql::list_members, team));
  co_return rows.all<Member>();
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

}  // namespace sandbar::control::teams
