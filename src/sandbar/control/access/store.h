// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/access/tokens.h"
#include "sandbar/pg/database.h"

namespace sandbar::control::access {

struct UserRow {
  UserId id;
  std::string email, name;
  bool is_admin = false;
  UserStatus status = UserStatus::disabled;
  bool has_password = false;
  std::vector<std::string> providers;
  bool is_session_over = true, is_seen_due = false;  // last_seen_at is more than a minute old
  std::optional<TeamRole> role;  // and the team: only if the user is a member and the team is live
  std::optional<TeamId> team_id;
  std::optional<std::string> team_name, team_slug;
  std::optional<bool> team_is_byoc;
};
BOOST_DESCRIBE_STRUCT(UserRow, (),
                      (id, email, name, is_admin, status, has_password, providers, is_session_over,
                       is_seen_due, role, team_id, team_name, team_slug, team_is_byoc))

struct ApiKeyRow {
  ApiKeyId id;
  std::string name;
  TeamId team_id;
  std::string team_name, team_slug;
  bool team_is_byoc = false;
  std::vector<std::string> scopes;
  bool is_use_due = false;  // last_used is more than a minute old
};
BOOST_DESCRIBE_STRUCT(ApiKeyRow, (),
                      (id, name, team_id, team_name, team_slug, team_is_byoc, scopes, is_use_due))

// Who asked for a ticket: a session and its user, or a key.
struct TicketRow {
  std::optional<UserId> user_id;
  std::optional<SessionId> session_id;
  std::optional<TeamId> team_id;
  std::optional<ApiKeyId> api_key_id;
};
BOOST_DESCRIBE_STRUCT(TicketRow, (), (user_id, session_id, team_id, api_key_id))

Task<Result<std::optional<UserRow>>> find_user(pg::Session& session, UserClaims claims);
// One for each, in their order.
Task<Result<std::vector<std::optional<UserRow>>>> find_users(pg::Session& session,
                                                             std::vector<UserClaims> claims);
Task<Result<bool>> was_in_deleted_team(pg::Session& session, UserId user, TeamId team);
Task<Result<std::optional<ApiKeyRow>>> find_api_key(pg::Session& session, std::string key_hash);
Task<Result<std::vector<std::optional<ApiKeyRow>>>> find_api_keys(pg::Session& session,
                                                                  std::vector<std::string> key_hashes);
Task<Result<std::optional<std::string>>> find_key_hash(pg::Session& session, ApiKeyId id);
// When it expires.
Task<Result<Time>> insert_ticket(pg::Session& session, std::string token_hash, TicketRow row,
                                 std::chrono::seconds lifetime);
// Deletes it: only one caller gets it.
Task<Result<std::optional<TicketRow>>> take_ticket(pg::Session& session, std::string token_hash);
Task<Result<void>> touch_session(pg::Session& session, SessionId id);
Task<Result<void>> touch_api_key(pg::Session& session, ApiKeyId id);

}  // namespace sandbar::control::access
