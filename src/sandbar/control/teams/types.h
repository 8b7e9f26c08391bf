// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/describe/class.hpp>
#include <optional>
#include <string>
#include <vector>

#include "sandbar/base/clock.h"
#include "sandbar/base/secret.h"
#include "sandbar/control/access/types.h"

namespace sandbar::control::teams {

using access::TeamRole;
using InvitationId = Id<"inv-">;

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

// A team as the platform's admins see it.
struct TeamOverview {
  TeamId id;
  std::string name, slug;
  bool is_byoc = false;
  Time created_at{};
  std::optional<Time> deleted_at;
  std::optional<UserId> owner_id;
  std::optional<std::string> owner_email, owner_name;
  int members = 0, sandboxes = 0, hosts = 0;
};
BOOST_DESCRIBE_STRUCT(TeamOverview, (),
                      (id, name, slug, is_byoc, created_at, deleted_at, owner_id, owner_email, owner_name,
                       members, sandboxes, hosts))

struct ListTeams {
  std::optional<std::string> search, cursor;
  int limit = 50;
};

// Somebody is asked to join.
struct Invitation {
  InvitationId id;
  TeamId team_id;
  std::string email;
  TeamRole role = TeamRole::member;
  std::optional<UserId> invited_by;
  std::optional<std::string> inviter_email;
  Time created_at{}, expires_at{};
};
BOOST_DESCRIBE_STRUCT(Invitation, (),
                      (id, team_id, email, role, invited_by, inviter_email, created_at, expires_at))

// The same as the one who is asked sees it.
struct ReceivedInvitation {
  InvitationId id;
  TeamId team_id;
  std::string team_name, team_slug;
  TeamRole role = TeamRole::member;
  std::optional<std::string> inviter_email, inviter_name;
  bool needs_token = true;  // nobody has shown yet that the account's address is the user's own
  Time created_at{}, expires_at{};
};
BOOST_DESCRIBE_STRUCT(ReceivedInvitation, (),
                      (id, team_id, team_name, team_slug, role, inviter_email, inviter_name, needs_token,
                       created_at, expires_at))

struct NewInvitation {
  Invitation row;
  std::optional<Secret> token;  // shown once, never stored; nothing if it has been mailed
};

}  // namespace sandbar::control::teams
