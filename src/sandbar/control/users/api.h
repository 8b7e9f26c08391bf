// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/users/types.h"

namespace sandbar::control::users {

struct SignupRequest {
  std::string email, password, name;
};
BOOST_DESCRIBE_STRUCT(SignupRequest, (), (email, password, name))

struct LoginRequest {
  std::string email, password;
};
BOOST_DESCRIBE_STRUCT(LoginRequest, (), (email, password))

struct SwitchTeamRequest {
  TeamId team_id;
};
BOOST_DESCRIBE_STRUCT(SwitchTeamRequest, (), (team_id))

struct AuthView {
  std::string token;
  UserId user_id;
  std::optional<TeamId> team_id;
  std::string email, name;
};
BOOST_DESCRIBE_STRUCT(AuthView, (), (token, user_id, team_id, email, name))

struct MyTeamView {
  TeamId id;
  std::string name, slug;
  bool is_byoc = false;
  access::TeamRole role = access::TeamRole::member;
};
BOOST_DESCRIBE_STRUCT(MyTeamView, (), (id, name, slug, is_byoc, role))

struct MeView {
  UserId user_id;
  std::string email, name;
  bool is_admin = false;
  std::optional<MyTeamView> team;
};
BOOST_DESCRIBE_STRUCT(MeView, (), (user_id, email, name, is_admin, team))

}  // namespace sandbar::control::users
