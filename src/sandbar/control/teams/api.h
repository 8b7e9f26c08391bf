// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "sandbar/control/teams/types.h"
#include "sandbar/json/schema.h"

namespace sandbar::control::teams {

struct CreateTeamRequest {
  std::string name;
};
BOOST_DESCRIBE_STRUCT(CreateTeamRequest, (), (name))

struct RenameTeamRequest {
  std::string name;
};
BOOST_DESCRIBE_STRUCT(RenameTeamRequest, (), (name))

struct TransferTeamRequest {
  UserId user_id;
};
BOOST_DESCRIBE_STRUCT(TransferTeamRequest, (), (user_id))

struct TeamView {
  TeamId id;
  std::string name, slug;
  bool is_byoc = false;
  Time created_at{};
  std::optional<TeamRole> role;  // of the caller, in lists
};
BOOST_DESCRIBE_STRUCT(TeamView, (), (id, name, slug, is_byoc, created_at, role))
constexpr auto schema_notes(const TeamView*) {
  return std::to_array<json::Note>(
      {{"slug", "pattern", "^[0-9a-f]{6}-[0-9a-f]{6}$"}, {"slug", "example", "3fa9c1-07be42"}});
}

struct AddMemberRequest {
  std::string email;
};
BOOST_DESCRIBE_STRUCT(AddMemberRequest, (), (email))

struct ChangeRoleRequest {
  std::string role;
};
BOOST_DESCRIBE_STRUCT(ChangeRoleRequest, (), (role))

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

struct InviteRequest {
  std::string email;
  std::optional<std::string> role;
};
BOOST_DESCRIBE_STRUCT(InviteRequest, (), (email, role))

struct InvitationView {
  InvitationId id;
  TeamId team_id;
  std::string email;
  TeamRole role = TeamRole::member;
  std::optional<UserId> invited_by;
  std::optional<std::string> inviter_email;
  Time created_at{}, expires_at{};
  std::optional<std::string> token;  // only in the answer to its creation
};
BOOST_DESCRIBE_STRUCT(InvitationView, (),
                      (id, team_id, email, role, invited_by, inviter_email, created_at, expires_at, token))

struct ReceivedInvitationView {
  InvitationId id;
  TeamId team_id;
  std::string team_name, team_slug;
  TeamRole role = TeamRole::member;
  std::optional<std::string> inviter_email, inviter_name;
  bool needs_token = true;
  Time created_at{}, expires_at{};
};
BOOST_DESCRIBE_STRUCT(ReceivedInvitationView, (),
                      (id, team_id, team_name, team_slug, role, inviter_email, inviter_name, needs_token,
                       created_at, expires_at))

struct AcceptInvitationRequest {
  std::optional<std::string> token;
};
BOOST_DESCRIBE_STRUCT(AcceptInvitationRequest, (), (token))

struct ListTeamsQuery {
  std::optional<std::string> search, cursor;
  int limit = 50;
};
BOOST_DESCRIBE_STRUCT(ListTeamsQuery, (), (search, cursor, limit))

struct OwnerView {
  UserId user_id;
  std::string email, name;
};
BOOST_DESCRIBE_STRUCT(OwnerView, (), (user_id, email, name))

struct AdminTeamView {
  TeamId id;
  std::string name, slug;
  bool is_byoc = false;
  Time created_at{};
  std::optional<Time> deleted_at;
  std::optional<OwnerView> owner;
  int members = 0, sandboxes = 0, hosts = 0;  // sandboxes that are not stopped
};
BOOST_DESCRIBE_STRUCT(AdminTeamView, (),
                      (id, name, slug, is_byoc, created_at, deleted_at, owner, members, sandboxes, hosts))

struct SetByocRequest {
  std::optional<bool> enabled;
};
BOOST_DESCRIBE_STRUCT(SetByocRequest, (), (enabled))

}  // namespace sandbar::control::teams
