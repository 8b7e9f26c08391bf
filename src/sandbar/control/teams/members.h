// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/teams/types.h"
#include "sandbar/pg/database.h"

// Who is in a team, and as what. Changes of one team happen one after the other, each decided by the roles at
// that moment; the owner is beyond the reach of all of them. Who goes takes the keys along: those that the
// member made for the team are revoked in the same transaction.

namespace sandbar::control::teams {

class MembersService {
 public:
  explicit MembersService(pg::Database& database) : database_(database) {}

  Task<Result<std::vector<Member>>> list(TeamId team);
  // not_found without an active account of that address, already_member.
  Task<Result<Member>> add(access::Actor actor, TeamId team, std::string email);
  Task<Result<void>> change_role(access::Actor actor, TeamId team, UserId user, TeamRole role);
  Task<Result<void>> remove(access::Actor actor, TeamId team, UserId user);
  Task<Result<void>> leave(access::Actor actor, TeamId team);

 private:
  Task<Result<Member>> add_in(access::Actor actor, TeamId team, std::string email, pg::Transaction& tx);
  Task<Result<bool>> change_role_in(access::Actor actor, TeamId team, UserId user, TeamRole role,
                                    pg::Transaction& tx);
  Task<Result<bool>> remove_in(access::Actor actor, TeamId team, UserId user, pg::Transaction& tx);
  Task<Result<bool>> leave_in(access::Actor actor, TeamId team, pg::Transaction& tx);

  pg::Database& database_;
};

// Trimmed, lower case; invalid_request for what is no address.
Result<std::string> checked_email(std::string_view email);
// As part of a transaction that holds the team's lock: quota_exceeded for a full team, already_member.
Task<Result<Time>> join(pg::Transaction& tx, TeamId team, UserId user, TeamRole role);
// forbidden unless the actor manages the team at this moment. The transaction holds the team's lock.
Task<Result<void>> check_manages(pg::Transaction& tx, const access::Actor& actor, TeamId team);

}  // namespace sandbar::control::teams
