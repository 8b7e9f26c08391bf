// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

#include "sandbar/control/teams/types.h"
#include "sandbar/pg/database.h"

namespace sandbar::control::teams {

enum class Landing { here, elsewhere };  // whether this is the user's default team

Task<Result<std::optional<Team>>> insert_team(pg::Session& session, std::string name, std::string slug);
// Until the end of the transaction nobody else changes the team or who is in it. not_found unless it is live.
Task<Result<Team>> lock_team(pg::Transaction& tx, TeamId team);
Task<Result<int>> count_teams_of_user(pg::Transaction& tx, UserId user);  // locks the user
Task<Result<std::vector<TeamOfUser>>> list_teams_of_user(pg::Session& session, UserId user);
Task<Result<Team>> get_team(pg::Session& session, TeamId team);
// The name before.
Task<Result<std::string>> update_team_name(pg::Session& session, TeamId team, std::string name);
// Whether it was on before.
Task<Result<bool>> set_byoc(pg::Session& session, TeamId team);
// One more than asked for if there are more. Live and deleted ones.
Task<Result<std::vector<TeamOverview>>> list_teams_any_team(pg::Session& session, ListTeams list);

struct NewMember {
  TeamId team;
  UserId user;
  TeamRole role = TeamRole::member;
  Landing landing = Landing::elsewhere;
};
// When the user joined; nothing for one who is a member already.
Task<Result<std::optional<Time>>> insert_member(pg::Session& session, NewMember member);
Task<Result<std::vector<Member>>> list_members(pg::Session& session, TeamId team);
Task<Result<int>> count_members(pg::Session& session, TeamId team);

struct Standing {
  TeamRole role = TeamRole::member;
  bool is_active = false;
};
BOOST_DESCRIBE_STRUCT(Standing, (), (role, is_active))
Task<Result<std::optional<Standing>>> find_standing(pg::Session& session, TeamId team, UserId user);

struct Person {
  UserId user_id;
  std::string name, email;
};
BOOST_DESCRIBE_STRUCT(Person, (), (user_id, name, email))
// not_found for an address without an account, or with one that is not active.
Task<Result<Person>> get_active_user(pg::Session& session, std::string email);
Task<Result<bool>> is_member(pg::Session& session, TeamId team, std::string email);

// False if there is no such member, or it is the owner.
Task<Result<bool>> update_role(pg::Session& session, TeamId team, UserId user, TeamRole role);
Task<Result<bool>> delete_member(pg::Session& session, TeamId team, UserId user);
// False unless the member has one of the roles `from`.
Task<Result<bool>> move_owner(pg::Session& session, TeamId team, UserId user, std::vector<TeamRole> from,
                              TeamRole to);

struct InvitationRow {
  InvitationId id;
  TeamId team;
  std::string email;
  TeamRole role = TeamRole::member;
  std::string token_hash;
  UserId invited_by;
  std::chrono::milliseconds lifetime{};
};
// Replaces an earlier one to the same address.
Task<Result<Invitation>> upsert_invitation(pg::Session& session, InvitationRow row);
Task<Result<int>> count_invitations(pg::Session& session, TeamId team);
Task<Result<std::vector<Invitation>>> list_invitations(pg::Session& session, TeamId team);
// The address; not_found if there is none.
Task<Result<std::string>> delete_invitation(pg::Session& session, TeamId team, InvitationId id);

Task<Result<std::vector<ReceivedInvitation>>> list_received(pg::Session& session, UserId user);
struct Received {
  TeamId team_id;
  TeamRole role = TeamRole::member;
  bool fits = false;
};
BOOST_DESCRIBE_STRUCT(Received, (), (team_id, role, fits))
Task<Result<Received>> get_received(pg::Session& session, UserId user, InvitationId id,
                                    std::optional<std::string> token_hash);

// The live ones, locked.
Task<Result<std::vector<TeamId>>> lock_owned_teams(pg::Transaction& tx, UserId user);
Task<Result<int>> count_others(pg::Transaction& tx, std::vector<TeamId> teams, UserId user);
Task<Result<void>> delete_teams(pg::Transaction& tx, std::vector<TeamId> teams);
// Which live teams the user has left.
Task<Result<std::vector<TeamId>>> delete_memberships(pg::Transaction& tx, UserId user);

}  // namespace sandbar::control::teams
