// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/metrics/routes.h"

#include "sandbar/control/access/call.h"
#include "sandbar/control/metrics/api.h"

namespace sandbar::control::metrics {
namespace {

using access::Call;
using enum http::Access;

constexpr std::int64_t kMib = 1 << 20;

MetricPointView view_of(const Point& point, const sandboxes::Sandbox& sandbox) {
  auto at = std::chrono::duration_cast<std::chrono::seconds>(point.at.time_since_epoch()).count();
  return {
      at, point.cpu_pct, point.mem_bytes, sandbox.memory_mb * kMib, point.disk_bytes, sandbox.disk_mb * kMib};
}

Task<Result<MetricsView>> view(MetricsService& service, Call& call, SandboxId id,
                               http::Query<MetricsQuery> query) {
  CO_TRY(auto measured, co_await service.of_sandbox(call.actor(), id, query->range.value));
  MetricsView view{.sandbox_id = id, .range = query->range.value};
  for (const auto& point : measured.points) view.points.push_back(view_of(point, measured.sandbox));
  co_return view;
}

constexpr http::ServiceRoute<MetricsService> kRoutes[] = {
    http::route<&view>("GET", "/v1/sandboxes/{id}/metrics", team_member,
                       "What a sandbox used of late, or before it was paused or destroyed"),
};

}  // namespace

http::Routes<MetricsService> routes() { return kRoutes; }

}  // namespace sandbar::control::metrics
