// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "sandbar/control/sessions/types.h"
#include "sandbar/pg/database.h"

namespace sandbar::control::sessions {

struct NewSession {
  SessionId id;
  UserId user_id;
  std::optional<TeamId> team_id;
  access::Client client;
};

struct SessionRow {
  SessionId id;
  UserId user_id;
  std::optional<TeamId> team_id;
  bool is_over = true;
};
BOOST_DESCRIBE_STRUCT(SessionRow, (), (id, user_id, team_id, is_over))

struct RefreshTokenRow {
  Uuid id;
  bool is_revoked = true;
};
BOOST_DESCRIBE_STRUCT(RefreshTokenRow, (), (id, is_revoked))

Task<Result<void>> insert_session(pg::Session& session, NewSession row, std::chrono::milliseconds lifetime);
Task<Result<void>> revoke_surplus_sessions(pg::Session& session, UserId user, int keep);
Task<Result<void>> insert_refresh_token(pg::Session& session, SessionId id, std::string token_hash,
                                        std::optional<Uuid> replaces);
Task<Result<std::optional<SessionRow>>> lock_session_of_token(pg::Transaction& tx, std::string token_hash);
Task<Result<std::optional<RefreshTokenRow>>> find_refresh_token(pg::Transaction& tx, std::string token_hash);
Task<Result<void>> revoke_rivals(pg::Transaction& tx, SessionId session, Uuid token);
Task<Result<void>> delete_surplus_successors(pg::Transaction& tx, Uuid token);
Task<Result<void>> extend_session(pg::Session& session, SessionId id, std::chrono::milliseconds lifetime);
Task<Result<void>> set_team(pg::Session& session, SessionId id, TeamId team);
Task<Result<std::vector<Session>>> list_sessions(pg::Session& session, UserId user);
// Whether there was such a live session.
Task<Result<bool>> revoke_session(pg::Session& session, UserId user, SessionId id);
Task<Result<int>> revoke_sessions_but(pg::Session& session, UserId user, std::optional<SessionId> kept);

}  // namespace sandbar::control::sessions
