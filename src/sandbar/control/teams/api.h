// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "sandbar/control/teams/types.h"

namespace sandbar::control::teams {

struct CreateTeamRequest {
  std::string name;
};
BOOST_DESCRIBE_STRUCT(CreateTeamRequest, (), (name))

struct RenameTeamRequest {
  std::string name;
};
BOOST_DESCRIBE_STRUCT(RenameTeamRequest, (), (name))

struct TeamView {
  TeamId id;
  std::string name, slug;
  bool is_byoc = false;
  Time created_at{};
  std::optional<TeamRole> role;  // of the caller, in lists
};
BOOST_DESCRIBE_STRUCT(TeamView, (), (id, name, slug, is_byoc, created_at, role))

struct MemberView {
  UserId user_id;
  std::string name, email;
  TeamRole role = TeamRole::member;
  Time joined_at{};
};
BOOST_DESCRIBE_STRUCT(MemberView, (), (user_id, name, email, role, joined_at))

struct TeamDetailView {
  TeamView team;
  std::vector<MemberView> members;
};
BOOST_DESCRIBE_STRUCT(TeamDetailView, (), (team, members))

}  // namespace sandbar::control::teams
