// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/access/store.h"

#include "sandbar/control/access/store.sql.h"

namespace sandbar::control::access {

Task<Result<std::optional<UserRow>>> find_user(pg::Session& session, UserClaims claims) {
  CO_TRY(auto rows, co_await session.query(sql::find_user, claims.team_id, claims.sid, claims.sub));
  co_return rows.maybe<UserRow>();
}

Task<Result<bool>> was_in_deleted_team(pg::Session& session, UserId user, TeamId team) {
  CO_TRY(auto rows, co_await session.query(sql::was_in_deleted_team, user, team));
  co_return rows[0].get<bool>("value");
}

Task<Result<std::optional<ApiKeyRow>>> find_api_key(pg::Session& session, std::string key_hash) {
  CO_TRY(auto rows, co_await session.query(sql::find_api_key, TeamRole::member, KeyScope::hosts,
                                           UserStatus::active, key_hash));
  co_return rows.maybe<ApiKeyRow>();
}

Task<Result<std::optional<std::string>>> find_key_hash(pg::Session& session, ApiKeyId id) {
  CO_TRY(auto rows, co_await session.query(sql::find_key_hash, id));
  if (rows.empty()) co_return std::nullopt;
  co_return rows[0].get<std::string>("key_hash");
}

Task<Result<Time>> insert_ticket(pg::Session& session, std::string token_hash, TicketRow row,
                                 std::chrono::seconds lifetime) {
  CO_TRY(auto rows, co_await session.query(sql::insert_ticket, token_hash, row.user_id, row.session_id,
                                           row.team_id, row.api_key_id, std::int64_t{lifetime.count()}));
  co_return rows[0].get<Time>("expires_at");
}

Task<Result<std::optional<TicketRow>>> take_ticket(pg::Session& session, std::string token_hash) {
  CO_TRY(auto rows, co_await session.query(sql::take_ticket, token_hash));
  co_return rows.maybe<TicketRow>();
}

Task<Result<void>> touch_session(pg::Session& session, SessionId id) {
  CO_TRY_VOID(co_await session.query(sql::touch_session, id));
  co_return Result<void>{};
}

Task<Result<void>> touch_api_key(pg::Session& session, ApiKeyId id) {
  CO_TRY_VOID(co_await session.query(sql::touch_api_key, id));
  co_return Result<void>{};
}

}  // namespace sandbar::control::access
