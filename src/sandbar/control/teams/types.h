// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/describe/class.hpp>
#include <string>
#include <vector>

#include "sandbar/base/clock.h"
#include "sandbar/control/access/types.h"

namespace sandbar::control::teams {

using access::TeamRole;

struct Team {
  TeamId id;
  std::string name, slug;
  bool is_byoc = false;
  Time created_at{};
};
BOOST_DESCRIBE_STRUCT(Team, (), (id, name, slug, is_byoc, created_at))

// A team as one of its members sees it.
struct TeamOfUser {
  TeamId id;
  std::string name, slug;
  bool is_byoc = false;
  Time created_at{};
  TeamRole role = TeamRole::member;
};
BOOST_DESCRIBE_STRUCT(TeamOfUser, (), (id, name, slug, is_byoc, created_at, role))

struct Member {
  UserId user_id;
  std::string name, email;
  TeamRole role = TeamRole::member;
  Time joined_at{};
};
BOOST_DESCRIBE_STRUCT(Member, (), (user_id, name, email, role, joined_at))

struct TeamDetail {
  Team team;
  std::vector<Member> members;
};

}  // namespace sandbar::control::teams
