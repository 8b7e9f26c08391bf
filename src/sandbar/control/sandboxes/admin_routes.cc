// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/access/call.h"
#include "sandbar/control/sandboxes/api.h"
#include "sandbar/control/sandboxes/routes.h"

namespace sandbar::control::sandboxes {
namespace {

using access::Call;
using enum http::Access;

AdminSandboxView view_of(NamedSandbox named) {
  auto team_id = named.sandbox.team_id;
  auto s = view_of(std::move(named.sandbox));
  return {.id = s.id,
          .team_id = team_id,
          .team_name = std::move(named.team_name),
          .status = s.status,
          .status_cause = std::move(s.status_cause),
          .template_ = std::move(s.template_),
          .template_id = s.template_id,
          .host_id = s.host_id,
          .host_name = std::move(named.host_name),
          .vcpus = s.vcpus,
          .memory_mb = s.memory_mb,
          .disk_mb = s.disk_mb,
          .timeout_sec = s.timeout_sec,
          .on_timeout = s.on_timeout,
          .expires_at = s.expires_at,
          .metadata = std::move(s.metadata),
          .network = std::move(s.network),
          .traffic = std::move(s.traffic),
          .created_by = std::move(s.created_by),
          .created_at = s.created_at,
          .started_at = s.started_at,
          .last_active_at = s.last_active_at,
          .stopped_at = s.stopped_at,
          .last_updated = s.last_updated};
}

Task<Result<http::Page<AdminSandboxView>>> list(AdminSandboxesService& service, Call&,
                                                http::Query<AdminSandboxQuery> query) {
  CO_TRY(auto page, co_await service.list(
                        {query->status, query->team, query->host, query->q, query->cursor, query->limit}));
  http::Page<AdminSandboxView> view{.next_cursor = std::move(page.next_cursor)};
  for (auto& sandbox : page.items) view.items.push_back(view_of(std::move(sandbox)));
  co_return view;
}

constexpr http::ServiceRoute<AdminSandboxesService> kRoutes[] = {
    http::route<&list>("GET", "/v1/admin/sandboxes", platform_admin,
                       "List and search the sandboxes of all teams, newest first"),
};

}  // namespace

http::Routes<AdminSandboxesService> admin_routes() { return kRoutes; }

}  // namespace sandbar::control::sandboxes
