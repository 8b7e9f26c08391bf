// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/audit/routes.h"

#include "sandbar/control/access/call.h"
#include "sandbar/control/audit/api.h"

namespace sandbar::control::audit {
namespace {

using access::Call;
using enum http::Access;

AuditLogView view_of(Entry entry) {
  AuditLogView view{.id = entry.id, .actor_type = entry.actor_type, .actor_id = std::move(entry.actor_id)};
  if (!entry.actor_name.empty()) view.actor_name = std::move(entry.actor_name);
  view.resource_type = std::move(entry.resource_type);
  view.resource_id = std::move(entry.resource_id);
  view.action = std::move(entry.action);
  view.scope = entry.scope;
  view.status = entry.status;
  if (!entry.metadata.empty()) view.metadata = std::move(entry.metadata);
  view.created_at = entry.created_at;
  return view;
}

AuditLogPage view_of(EntryPage page) {
  AuditLogPage view;
  for (auto& entry : page.entries) view.items.push_back(view_of(std::move(entry)));
  if (page.more) {
    view.next_before = view.items.back().created_at;
    view.next_before_id = view.items.back().id;
  }
  return view;
}

Task<Result<AuditLogPage>> list(AuditService& service, Call& call, http::Query<ListAuditLogsQuery> query) {
  Filter filter{query->limit, query->before, query->before_id, query->resource_type, query->action};
  CO_TRY(auto page, co_await service.list(call.actor(), std::move(filter)));
  co_return view_of(std::move(page));
}

constexpr http::ServiceRoute<AuditService> kRoutes[] = {
    http::route<&list>("GET", "/v1/audit-logs", user, "List who did what in the team, newest first"),
};

}  // namespace

http::Routes<AuditService> routes() { return kRoutes; }

}  // namespace sandbar::control::audit
