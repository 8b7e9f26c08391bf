// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/access/store.h"
#include "sandbar/control/access/tokens.h"
#include "sandbar/pg/database.h"

// From what names a session or a key to the Actor that it stands for at this moment. Tokens, tickets and open
// sockets all come here, so that none of them outlives what it was made from.

namespace sandbar::control::access {

// Whether the look counts as a use of the session or key.
enum class Look { is_use, is_check };

// unauthorized for an unknown user or a session that has ended; account_deactivated.
Task<Result<Actor>> actor_of_session(pg::Session& session, UserClaims named, Look look);
// The same for what was read already.
Task<Result<Actor>> actor_of_session(pg::Session& session, UserClaims named, std::optional<UserRow> row,
                                     Look look);
// unauthorized for a key that is not valid, or not any more.
Task<Result<Actor>> actor_of_key(pg::Session& session, std::string key_hash, Look look);
Task<Result<Actor>> actor_of_key(pg::Session& session, ApiKeyId id, Look look);
Task<Result<Actor>> actor_of_key(pg::Session& session, std::optional<ApiKeyRow> row, Look look);
// The same user or key as it is now, in the same team if it still is.
Task<Result<Actor>> actor_now(pg::Session& session, Actor actor);

}  // namespace sandbar::control::access
