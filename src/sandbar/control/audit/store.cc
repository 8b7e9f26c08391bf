// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/audit/store.h"

#include "sandbar/control/audit/store.sql.h"

namespace sandbar::control::audit {
namespace {

std::optional<std::vector<std::string>> any_if_empty(std::vector<std::string> values) {
  if (values.empty()) return std::nullopt;
  return values;
}

// Where to begin: behind the page before, or where the time ends. Of two upper bounds an index is entered at
// one only, and then passes over everything up to the other.
std::pair<std::optional<Time>, std::optional<AuditLogId>> end_of(const Span& span) {
  if (span.to && (!span.before || *span.to <= *span.before)) return {span.to, std::nullopt};
  return {span.before, span.before_id};
}

Task<Result<pg::Rows>> rows_of(pg::Session& session, EntryQuery q) {
  const auto& from = q.span.from;
  auto [before, before_id] = end_of(q.span);
  if (q.resource_id)
    co_return co_await session.query(sql::list_entries_of_resource_any_team, *q.resource_id, q.team, q.scopes,
                                     q.events, any_if_empty(q.actors), before, before_id, from, q.text,
                                     q.limit);
  if (!q.team)
    co_return co_await session.query(sql::list_entries_any_team, q.events, any_if_empty(q.actors), before,
                                     before_id, from, q.text, q.limit);
  if (!q.actors.empty())
    co_return co_await session.query(sql::list_entries_of_actors, q.actors, *q.team, q.scopes, q.events,
                                     before, before_id, from, q.text, q.limit);
  if (q.events)
    co_return co_await session.query(sql::list_entries_of_events, *q.events, *q.team, before, before_id, from,
                                     q.text, q.limit);
  co_return co_await session.query(sql::list_entries, q.scopes, *q.team, before, before_id, from, q.text,
                                   q.limit);
}

}  // namespace

Task<Result<std::string>> insert_entries(pg::Session& session, std::string json) {
  CO_TRY(auto rows, co_await session.query(sql::insert_entries, json));
  co_return rows[0].get<std::string>("trouble");
}

Task<Result<std::vector<Entry>>> list_entries(pg::Session& session, EntryQuery query) {
  CO_TRY(auto rows, co_await rows_of(session, std::move(query)));
  co_return rows.all<Entry>();
}

}  // namespace sandbar::control::audit
