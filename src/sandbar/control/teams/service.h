// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/teams/types.h"
#include "sandbar/pg/database.h"

// Teams and who is in them. A team has exactly one owner, who is its founder; the database holds on to that.

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

 private:
  Task<Result<TeamOfUser>> create_in(access::Actor actor, std::string name, pg::Transaction& tx);
  Task<Result<bool>> rename_in(access::Actor actor, TeamId team, std::string name, pg::Transaction& tx);

  pg::Database& database_;
};

}  // namespace sandbar::control::teams
