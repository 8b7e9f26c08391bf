// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/metrics/routes.h"

#include "sandbar/control/access/call.h"
#include "sandbar/control/metrics/api.h"

namespace sandbar::control::metrics {
namespace {

using access::Call;
using enum http::Access;

MetricPointView view_of(const agents::MetricSample& sample) {
  auto at = std::chrono::duration_cast<std::chrono::seconds>(sample.at.time_since_epoch()).count();
  return {at,
          sample.cpu_percent,
          sample.memory_bytes,
          sample.memory_total_bytes,
          sample.disk_bytes,
          sample.disk_total_bytes};
}

Task<Result<MetricsView>> view(MetricsService& service, Call& call, SandboxId id,
                               http::Query<MetricsQuery> query) {
  CO_TRY(auto samples, co_await service.of_sandbox(call.actor(), id, query->range.value));
  MetricsView view{.sandbox_id = id, .range = query->range.value};
  for (const auto& sample : samples) view.points.push_back(view_of(sample));
  co_return view;
}

constexpr http::ServiceRoute<MetricsService> kRoutes[] = {
    http::route<&view>("GET", "/v1/sandboxes/{id}/metrics", team_member, "What a sandbox used of late"),
};

}  // namespace

http::Routes<MetricsService> routes() { return kRoutes; }

}  // namespace sandbar::control::metrics
