// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/access/store.h"

#include "sandbar/control/access/store.sql.h"

namespace sandbar::control::access {
namespace {

// Rows of what was asked for by its place, which counts from 1.
template <class Row>
std::vector<std::optional<Row>> in_their_places(const pg::Rows& rows, std::size_t asked) {
  std::vector<std::optional<Row>> found(asked);
  for (std::size_t i = 0; i < rows.size(); ++i)
    found.at(static_cast<std::size_t>(rows[i].get<std::int64_t>("place")) - 1) = rows[i].as<Row>();
  return found;
}

}  // namespace

Task<Result<std::optional<UserRow>>> find_user(pg::Session& session, UserClaims claims) {
  CO_TRY(auto rows, co_await session.query(sql::find_user, claims.team_id, claims.sid, claims.sub));
  co_return rows.maybe<UserRow>();
}

Task<Result<std::vector<std::optional<UserRow>>>> find_users(pg::Session& session,
                                                             std::vector<UserClaims> claims) {
  if (claims.size() == 1) {
    CO_TRY(auto row, co_await find_user(session, claims[0]));
    co_return std::vector{std::move(row)};
  }
  std::vector<std::optional<TeamId>> teams;
  std::vector<SessionId> sessions;
  std::vector<UserId> users;
  for (const auto& one : claims) {
    teams.push_back(one.team_id);
    sessions.push_back(one.sid);
    users.push_back(one.sub);
  }
  CO_TRY(auto rows, co_await session.query(sql::find_users_any_team, teams, sessions, users));
  co_return in_their_places<UserRow>(rows, claims.size());
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

Task<Result<std::vector<std::optional<ApiKeyRow>>>> find_api_keys(pg::Session& session,
                                                                  std::vector<std::string> key_hashes) {
  if (key_hashes.size() == 1) {
    CO_TRY(auto row, co_await find_api_key(session, key_hashes[0]));
    co_return std::vector{std::move(row)};
  }
  CO_TRY(auto rows, co_await session.query(sql::find_api_keys_any_team, key_hashes, TeamRole::member,
                                           KeyScope::hosts, UserStatus::active));
  co_return in_their_places<ApiKeyRow>(rows, key_hashes.size());
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
