// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/events/audience.h"
#include "sandbar/pg/database.h"

namespace sandbar::control::events {

// Where the settled changes end now; all zero while there is none.
Task<Result<Position>> find_end(pg::Session& session);
// Of what has been committed so far, whether or not it is settled.
Task<Result<Position>> find_last(pg::Session& session);
// Of the change with that number, if it is still known.
Task<Result<std::optional<Position>>> find_position(pg::Session& session, std::int64_t seq);
Task<Result<std::vector<Change>>> list_changes(pg::Session& session, Position after, int limit);
// What that listener may have missed between the two: more than it may hear.
Task<Result<std::vector<Change>>> list_missed(pg::Session& session, const Listener& listener, Position after,
                                              Position to, int limit);
Task<Result<int>> delete_old_changes(pg::Session& session);

}  // namespace sandbar::control::events
