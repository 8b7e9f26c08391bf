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

}  // namespace sandbar::control::teams
