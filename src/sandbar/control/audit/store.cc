// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/audit/store.h"

#include <boost/json/serialize.hpp>

#include "sandbar/control/audit/store.sql.h"

namespace sandbar::control::audit {
namespace {

std::optional<std::vector<std::string>> any_if_empty(std::vector<std::string> values) {
  if (values.empty()) return std::nullopt;
  return values;
}

}  // namespace

Task<Result<void>> insert_entry(pg::Session& session, Event event) {
  const auto& actor = event.actor;
  std::optional<std::string> actor_id;
  if (!actor.id.empty()) actor_id = actor.id;
  CO_TRY_VOID(co_await session.query(sql::insert_entry, AuditLogId::random(), event.team, actor.type,
                                     actor_id, actor.name, event.resource_type, event.resource_id,
                                     event.action, event.scope, event.status,
                                     boost::json::serialize(event.metadata), actor.source_ip));
  co_return Result<void>{};
}

Task<Result<std::vector<Entry>>> list_entries(pg::Session& session, EntryQuery query) {
  CO_TRY(auto rows, co_await session.query(sql::list_entries, query.team, query.scopes,
                                           any_if_empty(query.resource_types), any_if_empty(query.actions),
                                           query.before, query.before_id, query.limit));
  co_return rows.all<Entry>();
}

}  // namespace sandbar::control::audit
