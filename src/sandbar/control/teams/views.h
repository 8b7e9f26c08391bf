// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/access/call.h"
#include "sandbar/control/teams/api.h"

// What the three route files of teams have in common.

namespace sandbar::control::teams {

inline TeamView view_of(const Team& team) {
  return {team.id, team.name, team.slug, team.is_byoc, team.created_at, {}};
}

inline TeamView view_of(const TeamOfUser& team) {
  return {team.id, team.name, team.slug, team.is_byoc, team.created_at, team.role};
}

inline MemberView view_of(const Member& member) {
  return {member.user_id, member.name, member.email, member.role, member.joined_at};
}

// The token must be for the very team that the path names; nothing else about that team is looked at before.
inline Result<void> check_same_team(const access::Call& call, TeamId team) {
  if (call.team() == team) return {};
  return fail(Error{Errc::forbidden, "switch to this team first"});
}

inline Result<TeamRole> role_of(const std::string& text) {
  if (auto role = enum_from_name<TeamRole>(text)) return *role;
  return fail(invalid_request("role must be admin or member", {{"role", "must be admin or member"}}));
}

}  // namespace sandbar::control::teams
