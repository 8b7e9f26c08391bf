// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/describe.hpp>
#include <optional>
#include <string>
#include <vector>

#include "sandbar/cli/context.h"

// The team that somebody works in, and who else is in it.

namespace sandbar::cli {

struct TeamView {
  std::string id;
  std::optional<std::string> name, slug, role, created_at;
  std::optional<bool> is_byoc;
};
BOOST_DESCRIBE_STRUCT(TeamView, (), (id, name, slug, role, created_at, is_byoc))

struct MemberView {
  std::string user_id;
  std::optional<std::string> name, email, role, joined_at;
};
BOOST_DESCRIBE_STRUCT(MemberView, (), (user_id, name, email, role, joined_at))

struct InvitationView {
  std::string id;
  std::optional<std::string> email, role, team_name, inviter_email, expires_at, token;
};
BOOST_DESCRIBE_STRUCT(InvitationView, (), (id, email, role, team_name, inviter_email, expires_at, token))

// "/v1/teams/team-…" of the session's team.
Task<Result<std::string>> current_team_path(Api& api);
Task<Result<boost::json::array>> own_teams(Api& api);
// By id, slug, or a name that only one of the teams has.
Result<TeamView> find_team(const std::vector<TeamView>& teams, const std::string& wanted);
// The id of a member named by id or e-mail address.
Task<Result<std::string>> member_id(Api& api, std::string team_path, std::string wanted);

}  // namespace sandbar::cli
