// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/oauth/store.h"

#include "sandbar/control/access/types.h"
#include "sandbar/control/oauth/store.sql.h"

namespace sandbar::control::oauth {

Task<Result<void>> insert_flow(pg::Session& session, NewFlow flow) {
  CO_TRY_VOID(co_await session.query(sql::insert_flow, flow.state_hash, flow.provider, flow.session_id,
                                     flow.lifetime.count()));
  co_return Result<void>{};
}

Task<Result<std::optional<FlowRow>>> use_flow(pg::Session& session, std::string state_hash,
                                              Provider provider) {
  CO_TRY(auto rows, co_await session.query(sql::use_flow, state_hash, provider));
  co_return rows.maybe<FlowRow>();
}

Task<Result<std::optional<UserRow>>> find_session_user(pg::Session& session, SessionId id) {
  CO_TRY(auto rows, co_await session.query(sql::find_session_user, access::UserStatus::active, id));
  co_return rows.maybe<UserRow>();
}

Task<Result<void>> insert_code(pg::Session& session, NewCode code) {
  CO_TRY_VOID(co_await session.query(sql::insert_code, code.code_hash, code.state_hash, code.user_id,
                                     code.lifetime.count()));
  co_return Result<void>{};
}

Task<Result<std::optional<UserId>>> take_code(pg::Session& session, std::string code_hash,
                                              std::string state_hash) {
  CO_TRY(auto rows, co_await session.query(sql::take_code, code_hash, state_hash));
  if (rows.empty()) co_return std::nullopt;
  co_return rows[0].get<UserId>("user_id");
}

}  // namespace sandbar::control::oauth
