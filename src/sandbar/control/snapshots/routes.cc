// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/snapshots/routes.h"

#include "sandbar/control/access/call.h"
#include "sandbar/control/snapshots/api.h"

namespace sandbar::control::snapshots {
namespace {

using access::Call;
using enum http::Access;

// Of a template as it was made, or as it is listed.
template <class Row>
SnapshotView view_of(const Row& row) {
  return {row.id,
          row.name,
          row.type,
          row.status,
          row.vcpus,
          row.memory_mb,
          row.disk_mb,
          row.size_bytes,
          row.team_id == kPlatformTeam,
          row.source_sandbox_id,
          row.created_at};
}

Task<Result<http::Created<SnapshotView>>> create(SnapshotService& service, Call& call,
                                                 http::Query<OverwriteQuery> query,
                                                 CreateSnapshotRequest request) {
  auto if_taken = query->overwrite ? templates::IfTaken::replace : templates::IfTaken::refuse;
  NewSnapshot wanted{request.sandbox_id, std::move(request.name), if_taken};
  CO_TRY(auto snapshot, co_await service.create(call.actor(), std::move(wanted)));
  co_return http::Created<SnapshotView>{view_of(snapshot)};
}

Task<Result<http::Page<SnapshotView>>> list(SnapshotService& service, Call& call,
                                            http::Query<SnapshotQuery> query) {
  templates::ListTemplates wanted{call.team(), query->type, {}, query->cursor, query->limit};
  CO_TRY(auto page, co_await service.list(std::move(wanted)));
  http::Page<SnapshotView> view{.next_cursor = std::move(page.next_cursor)};
  for (const auto& row : page.items) view.items.push_back(view_of(row));
  co_return view;
}

Task<Result<http::NoContent>> remove(SnapshotService& service, Call& call, std::string name) {
  CO_TRY_VOID(co_await service.remove(call.actor(), std::move(name)));
  co_return http::NoContent{};
}

Task<Result<http::NoContent>> remove_platform(SnapshotService& service, Call& call, std::string name) {
  CO_TRY_VOID(co_await service.remove_platform(call.actor(), std::move(name)));
  co_return http::NoContent{};
}

constexpr http::ServiceRoute<SnapshotService> kRoutes[] = {
    http::route<&list>("GET", "/v1/snapshots", team_member, "List snapshots and the platform's templates"),
    http::route<&create>("POST", "/v1/snapshots", team_member,
                         "Make a snapshot of a sandbox, which goes on as it was"),
    http::route<&remove>("DELETE", "/v1/snapshots/{name}", team_member, "Delete a snapshot from every host"),
    http::route<&remove>("DELETE", "/v1/templates/{name}", team_member, "Delete a template from every host"),
    http::route<&remove_platform>("DELETE", "/v1/admin/templates/{name}", platform_admin,
                                  "Delete a template of the platform from every host"),
};

}  // namespace

http::Routes<SnapshotService> routes() { return kRoutes; }

}  // namespace sandbar::control::snapshots
