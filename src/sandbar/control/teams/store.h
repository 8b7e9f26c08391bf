// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/teams/types.h"
#include "sandbar/pg/database.h"

namespace sandbar::control::teams {

enum class Landing { here, elsewhere };  // whether this is the user's default team

Task<Result<std::optional<Team>>> insert_team(pg::Session& session, std::string name, std::string slug);
Task<Result<void>> insert_member(pg::Session& session, TeamId team, UserId user, TeamRole role,
                                 Landing landing);
Task<Result<int>> count_teams_of_user(pg::Session& session, UserId user);
Task<Result<std::vector<TeamOfUser>>> list_teams_of_user(pg::Session& session, UserId user);
Task<Result<Team>> get_team(pg::Session& session, TeamId team);
Task<Result<std::vector<Member>>> list_members(pg::Session& session, TeamId team);
// The name before.
Task<Result<std::string>> update_team_name(pg::Session& session, TeamId team, std::string name);

// The live ones, locked.
Task<Result<std::vector<TeamId>>> lock_owned_teams(pg::Transaction& tx, UserId user);
Task<Result<int>> count_others(pg::Transaction& tx, std::vector<TeamId> teams, UserId user);
Task<Result<void>> delete_teams(pg::Transaction& tx, std::vector<TeamId> teams);
// Which live teams the user has left.
Task<Result<std::vector<TeamId>>> delete_memberships(pg::Transaction& tx, UserId user);

}  // namespace sandbar::control::teams
