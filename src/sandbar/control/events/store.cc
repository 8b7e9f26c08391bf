// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/events/store.h"

#include "sandbar/control/events/store.sql.h"

namespace sandbar::control::events {

Task<Result<Position>> find_end(pg::Session& session) {
  CO_TRY(auto rows, co_await session.query(sql::find_end_any_team));
  co_return rows.maybe<Position>().value_or(Position{});
}

Task<Result<Position>> find_last(pg::Session& session) {
  CO_TRY(auto rows, co_await session.query(sql::find_last_any_team));
  co_return rows.maybe<Position>().value_or(Position{});
}

Task<Result<std::optional<Position>>> find_position(pg::Session& session, std::int64_t seq) {
  CO_TRY(auto rows, co_await session.query(sql::find_position_any_team, seq));
  co_return rows.maybe<Position>();
}

Task<Result<std::vector<Change>>> list_changes(pg::Session& session, Position after, int limit) {
  CO_TRY(auto rows, co_await session.query(sql::list_changes_any_team, after.xid, after.seq, limit));
  co_return rows.all<Change>();
}

Task<Result<std::vector<Change>>> list_missed(pg::Session& session, const Listener& listener, Position after,
                                              Position to, int limit) {
  std::optional<std::vector<TeamId>> teams;
  if (listener.scope == Scope::team) teams.emplace({kPlatformTeam});
  if (teams && listener.team) teams->push_back(*listener.team);
  CO_TRY(auto rows, co_await session.query(sql::list_missed_any_team, after.xid, after.seq, to.xid, to.seq,
                                           teams, listener.user, limit));
  co_return rows.all<Change>();
}

Task<Result<int>> delete_old_changes(pg::Session& session) {
  CO_TRY(auto rows, co_await session.query(sql::delete_old_changes_any_team));
  co_return static_cast<int>(rows.affected());
}

}  // namespace sandbar::control::events
