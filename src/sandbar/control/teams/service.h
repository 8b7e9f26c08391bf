// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/teams/types.h"
#include "sandbar/http/page.h"
#include "sandbar/pg/database.h"

// Teams. A team has exactly one owner, from its founding on; the database holds on to that. Who is in it is
// in members.h, how it ends in the feature teardown.

namespace sandbar::control::teams {

// The team that a new user lands in, as part of the transaction that makes the user. Its name is made from
// the user's.
Task<Result<Team>> found_default_team(pg::Transaction& tx, UserId owner, std::string user_name);

// The actor's memberships, in the transaction that deletes the account: teams that nobody else is in are
// deleted with it. owns_team_with_members if one has to be handed over or deleted first.
Task<Result<void>> leave_all(pg::Transaction& tx, access::Actor actor);

class TeamsService {
 public:
  explicit TeamsService(pg::Database& database) : database_(database) {}

  Task<Result<TeamOfUser>> create(access::Actor actor, std::string name);
  Task<Result<std::vector<TeamOfUser>>> list(UserId user);
  Task<Result<TeamDetail>> get(TeamId team);
  Task<Result<void>> rename(access::Actor actor, TeamId team, std::string name);
  // Makes another member the owner, and the owner an admin. Both or neither.
  Task<Result<void>> transfer(access::Actor actor, TeamId team, UserId to);

  // For platform admins. The switch cannot be turned back: it would strand what runs on the team's hosts.
  Task<Result<void>> enable_byoc(access::Actor actor, TeamId team);
  Task<Result<http::Page<TeamOverview>>> list_all(ListTeams list);

 private:
  Task<Result<TeamOfUser>> create_in(access::Actor actor, std::string name, pg::Transaction& tx);
  Task<Result<bool>> rename_in(access::Actor actor, TeamId team, std::string name, pg::Transaction& tx);
  Task<Result<bool>> transfer_in(access::Actor actor, TeamId team, UserId to, pg::Transaction& tx);
  Task<Result<bool>> enable_byoc_in(access::Actor actor, TeamId team, pg::Transaction& tx);

  pg::Database& database_;
};

}  // namespace sandbar::control::teams
