// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/oauth/types.h"
#include "sandbar/pg/database.h"

namespace sandbar::control::oauth {

struct FlowRow {
  std::optional<SessionId> session_id;
};
BOOST_DESCRIBE_STRUCT(FlowRow, (), (session_id))

struct UserRow {
  UserId id;
  std::string name, email;
};
BOOST_DESCRIBE_STRUCT(UserRow, (), (id, name, email))

struct NewFlow {
  std::string state_hash;
  Provider provider = Provider::github;
  std::optional<SessionId> session_id;
  std::chrono::milliseconds lifetime{};
};

struct NewCode {
  std::string code_hash, state_hash;
  UserId user_id;
  std::chrono::milliseconds lifetime{};
};

Task<Result<void>> insert_flow(pg::Session& session, NewFlow flow);
// Nothing if there is no such visit, or its visitor has come back already.
Task<Result<std::optional<FlowRow>>> use_flow(pg::Session& session, std::string state_hash,
                                              Provider provider);
Task<Result<std::optional<UserRow>>> find_session_user(pg::Session& session, SessionId id);
Task<Result<void>> insert_code(pg::Session& session, NewCode code);
Task<Result<std::optional<UserId>>> take_code(pg::Session& session, std::string code_hash,
                                              std::string state_hash);

}  // namespace sandbar::control::oauth
