// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/metrics/service.h"

#include "sandbar/control/metrics/types.h"

namespace sandbar::control::metrics {

Task<Result<std::vector<agents::MetricSample>>> MetricsService::of_sandbox(access::Actor actor, SandboxId id,
                                                                           std::string range) {
  auto length = find_range(range);
  if (!length)
    co_return fail(
        invalid_request("range is unknown", {{"range", "is not one of 5m, 10m, 1h, 2h, 6h, 12h, 24h"}}));
  CO_TRY(auto sandbox, co_await sandboxes_.get(std::move(actor), id));
  if (!holds_resources(sandbox.status)) co_return fail(not_found("metrics of sandbox", id.str()));
  CO_TRY(auto agent, sandboxes_.agent_of(sandbox));
  co_return co_await agent->get_metrics(id, clock_.now() - *length);
}

}  // namespace sandbar::control::metrics
