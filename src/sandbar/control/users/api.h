// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/users/types.h"
#include "sandbar/json/schema.h"

namespace sandbar::control::users {

struct SignupRequest {
  std::string email, password, name;
};
BOOST_DESCRIBE_STRUCT(SignupRequest, (), (email, password, name))
constexpr auto schema_notes(const SignupRequest*) {
  return std::to_array<json::Note>({{"email", "format", "email"},
                                    {"password", "minLength", 8},
                                    {"password", "maxLength", 1024},
                                    {"name", "minLength", 1},
                                    {"name", "maxLength", 100}});
}

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

struct SignupPendingView {
  std::string email, message;
};
BOOST_DESCRIBE_STRUCT(SignupPendingView, (), (email, message))

struct ActivateRequest {
  std::string token;
};
BOOST_DESCRIBE_STRUCT(ActivateRequest, (), (token))

struct ResetRequest {
  std::string email;
};
BOOST_DESCRIBE_STRUCT(ResetRequest, (), (email))

struct ConfirmResetRequest {
  std::string token, password;
};
BOOST_DESCRIBE_STRUCT(ConfirmResetRequest, (), (token, password))

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
  bool is_admin = false, has_password = false;
  std::vector<std::string> providers;
  std::optional<MyTeamView> team;
};
BOOST_DESCRIBE_STRUCT(MeView, (), (user_id, email, name, is_admin, has_password, providers, team))

struct UpdateMeRequest {
  std::string name;
};
BOOST_DESCRIBE_STRUCT(UpdateMeRequest, (), (name))

struct ChangePasswordRequest {
  std::optional<std::string> current_password;
  std::string new_password;
};
BOOST_DESCRIBE_STRUCT(ChangePasswordRequest, (), (current_password, new_password))

struct DeleteMeRequest {
  std::string confirmation;
};
BOOST_DESCRIBE_STRUCT(DeleteMeRequest, (), (confirmation))

struct ListUsersQuery {
  std::optional<std::string> search, cursor;
  int limit = 50;
};
BOOST_DESCRIBE_STRUCT(ListUsersQuery, (), (search, cursor, limit))

struct UserView {
  UserId user_id;
  std::string email, name;
  bool is_admin = false;
  access::UserStatus status = access::UserStatus::active;
  int teams = 0;
  Time created_at{};
  std::optional<Time> last_seen_at;
};
BOOST_DESCRIBE_STRUCT(UserView, (), (user_id, email, name, is_admin, status, teams, created_at, last_seen_at))

struct SetAdminRequest {
  std::optional<bool> admin;
};
BOOST_DESCRIBE_STRUCT(SetAdminRequest, (), (admin))

struct SetActiveRequest {
  std::optional<bool> active;
};
BOOST_DESCRIBE_STRUCT(SetActiveRequest, (), (active))

}  // namespace sandbar::control::users
