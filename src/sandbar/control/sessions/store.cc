// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/sessions/store.h"

#include "sandbar/control/sessions/store.sql.h"

namespace sandbar::control::sessions {
namespace {

Result<void> done(const Result<pg::Rows>& rows) {
  if (!rows) return fail(rows.error());
  return {};
}

}  // namespace

Task<Result<void>> insert_session(pg::Session& session, NewSession row, std::chrono::milliseconds lifetime) {
  co_return done(co_await session.query(sql::insert_session, row.id, row.user_id, row.team_id, row.client.ip,
                                        row.client.user_agent, lifetime.count()));
}

Task<Result<void>> revoke_surplus_sessions(pg::Session& session, UserId user, int keep) {
  co_return done(co_await session.query(sql::revoke_surplus_sessions, user, keep));
}

Task<Result<void>> insert_refresh_token(pg::Session& session, SessionId id, std::string token_hash,
                                        std::optional<Uuid> replaces) {
  co_return done(co_await session.query(sql::insert_refresh_token, Uuid::random(), id, token_hash, replaces));
}

Task<Result<std::optional<SessionRow>>> lock_session_of_token(pg::Transaction& tx, std::string token_hash) {
  CO_TRY(auto rows, co_await tx.query(sql::lock_session_of_token, token_hash));
  co_return rows.maybe<SessionRow>();
}

Task<Result<std::optional<RefreshTokenRow>>> find_refresh_token(pg::Transaction& tx, std::string token_hash) {
  CO_TRY(auto rows, co_await tx.query(sql::find_refresh_token, token_hash));
  co_return rows.maybe<RefreshTokenRow>();
}

Task<Result<void>> revoke_rivals(pg::Transaction& tx, SessionId session, Uuid token) {
  co_return done(co_await tx.query(sql::revoke_rivals, session, token));
}

Task<Result<void>> delete_surplus_successors(pg::Transaction& tx, Uuid token) {
  co_return done(co_await tx.query(sql::delete_surplus_successors, token));
}

Task<Result<void>> extend_session(pg::Session& session, SessionId id, std::chrono::milliseconds lifetime) {
  co_return done(co_await session.query(sql::extend_session, lifetime.count(), id));
}

Task<Result<void>> set_team(pg::Session& session, SessionId id, TeamId team) {
  co_return done(co_await session.query(sql::set_team, team, id));
}

Task<Result<std::vector<Session>>> list_sessions(pg::Session& session, UserId user) {
  CO_TRY(auto rows, co_await session.query(sql::list_sessions, user));
  co_return rows.all<Session>();
}

Task<Result<bool>> revoke_session(pg::Session& session, UserId user, SessionId id) {
  CO_TRY(auto rows, co_await session.query(sql::revoke_session, id, user));
  co_return rows.affected() > 0;
}

Task<Result<int>> revoke_sessions_but(pg::Session& session, UserId user, std::optional<SessionId> kept) {
  CO_TRY(auto rows, co_await session.query(sql::revoke_sessions_but, user, kept));
  co_return static_cast<int>(rows.affected());
}

}  // namespace sandbar::control::sessions
