// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/api_keys/store.h"

#include "sandbar/control/api_keys/store.sql.h"

namespace sandbar::control::api_keys {
namespace {

Result<std::vector<ApiKeyId>> ids_of(const Result<pg::Rows>& rows) {
  if (!rows) return fail(rows.error());
  std::vector<ApiKeyId> ids;
  for (std::size_t i = 0; i < rows->size(); ++i) ids.push_back((*rows)[i].get<ApiKeyId>("id"));
  return ids;
}

}  // namespace

Task<Result<std::optional<access::TeamRole>>> lock_team_and_find_role(pg::Transaction& tx, TeamId team,
                                                                      UserId user) {
  CO_TRY_VOID(co_await tx.query(sql::lock_team, team));
  CO_TRY(auto rows, co_await tx.query(sql::find_role, team, user));
  if (rows.empty()) co_return std::nullopt;
  co_return rows[0].get<access::TeamRole>("role");
}

Task<Result<ApiKey>> insert_key(pg::Session& session, KeyRow key, int max_keys) {
  CO_TRY(auto rows,
         co_await session.query(sql::insert_key, key.id, key.team_id, key.name, key.key_hash, key.key_prefix,
                                key.scopes, key.created_by, key.expires_at, max_keys));
  if (rows.empty())
    co_return fail(Error{Errc::quota_exceeded, "the team has too many API keys: revoke some first"});
  co_return rows[0].as<ApiKey>();
}

Task<Result<std::vector<ApiKey>>> list_keys(pg::Session& session, TeamId team) {
  CO_TRY(auto rows, co_await session.query(sql::list_keys, team));
  co_return rows.all<ApiKey>();
}

Task<Result<std::optional<UserId>>> get_key_creator(pg::Transaction& tx, TeamId team, ApiKeyId id) {
  CO_TRY(auto rows, co_await tx.query(sql::get_key_creator, id, team));
  if (rows.empty()) co_return fail(not_found("API key", id.str()));
  co_return rows[0].get<std::optional<UserId>>("created_by");
}

Task<Result<void>> delete_key(pg::Session& session, TeamId team, ApiKeyId id) {
  CO_TRY_VOID(co_await session.query(sql::delete_key, id, team));
  co_return Result<void>{};
}

Task<Result<std::vector<ApiKeyId>>> delete_keys_of_member(pg::Session& session, TeamId team, UserId member) {
  co_return ids_of(co_await session.query(sql::delete_keys_of_member, team, member));
}

Task<Result<std::vector<ApiKeyId>>> delete_keys_of_team(pg::Session& session, TeamId team) {
  co_return ids_of(co_await session.query(sql::delete_keys_of_team, team));
}

}  // namespace sandbar::control::api_keys
