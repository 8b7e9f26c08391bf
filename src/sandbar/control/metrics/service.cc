// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/metrics/service.h"

#include "sandbar/async/timer.h"
#include "sandbar/async/together.h"
#include "sandbar/control/metrics/points.h"
#include "sandbar/control/metrics/store.h"
#include "sandbar/log/log.h"

namespace sandbar::control::metrics {
namespace {

constexpr std::chrono::seconds kHostLimit{2};
constexpr int kPerRound = 200;

bool is_measured(SandboxState state) {
  return state == SandboxState::running || state == SandboxState::pausing;
}

Task<Result<bool>> store_in(pg::Transaction& tx, SandboxId id,
                            const std::vector<agents::MetricSample>& samples) {
  for (const auto& tier : kTiers) CO_TRY_VOID(co_await put_points(tx, id, tier, condense(samples, tier)));
  CO_TRY_VOID(co_await mark_stored(tx, id));
  co_return true;
}

}  // namespace

Task<Result<MetricsService::Measured>> MetricsService::of_sandbox(access::Actor actor, SandboxId id,
                                                                  std::string name) {
  const auto* range = find_range(name);
  if (!range)
    co_return fail(
        invalid_request("range is unknown", {{"range", "is not one of 5m, 10m, 1h, 2h, 6h, 12h, 24h"}}));
  CO_TRY(auto sandbox, co_await parts_.sandboxes.get(std::move(actor), id));
  auto now = parts_.clock.now();
  CO_TRY(auto stored, co_await list_points(parts_.database, id, range->tier));
  std::vector<agents::MetricSample> live;
  if (holds_resources(sandbox.status) && sandbox.host_id) {
    auto asked = co_await ask_host(sandbox, now - range->length);
    if (asked) live = *std::move(asked);
    if (!asked && stored.empty() && is_measured(sandbox.status)) co_return fail(std::move(asked).error());
  }
  auto points = merge(stored, condense(live, range->tier));
  if (points.empty() && !holds_resources(sandbox.status))
    co_return fail(not_found("metrics of sandbox", id.str()));
  auto end = is_measured(sandbox.status) || points.empty() ? now : points.back().at;
  std::erase_if(points, [&](const Point& point) { return point.at < end - range->length; });
  co_return Measured{std::move(sandbox), std::move(points)};
}

Task<Result<std::vector<agents::MetricSample>>> MetricsService::ask_host(sandboxes::Sandbox sandbox,
                                                                         Time since) {
  CO_TRY(auto agent, parts_.sandboxes.agent_of(sandbox));
  co_return co_await with_timeout(kHostLimit, "asking for metrics", agent->get_metrics(sandbox.id, since));
}

Task<Result<void>> MetricsService::store(sandboxes::Sandbox sandbox) {
  auto id = sandbox.id;
  auto since = parts_.clock.now() - kTiers[2].length;
  CO_TRY(auto samples, co_await ask_host(std::move(sandbox), since));
  auto body = [&](pg::Transaction& tx) { return store_in(tx, id, samples); };
  CO_TRY_VOID(co_await parts_.database.transaction<bool>(body));
  co_return Result<void>{};
}

Task<void> MetricsService::keep(sandboxes::Sandbox sandbox) {
  auto id = sandbox.id;
  auto stored = co_await store(std::move(sandbox));
  if (!stored) log::debug("measurements not stored", {{"sandbox", id}, {"error", stored.error()}});
}

Task<void> MetricsService::store_counted(sandboxes::Sandbox sandbox, int& stored) {
  auto id = sandbox.id;
  auto done = co_await store(std::move(sandbox));
  if (done) ++stored;
  if (!done) log::debug("measurements not stored", {{"sandbox", id}, {"error", done.error()}});
}

Task<Result<int>> MetricsService::store_due() {
  CO_TRY(auto due, co_await claim_due(parts_.database, parts_.settings.store_period, kPerRound));
  int stored = 0;
  std::vector<Task<void>> all;
  for (const auto& row : due) {
    sandboxes::Sandbox sandbox{.id = row.id, .team_id = row.team_id, .host_id = row.host_id};
    sandbox.host_address = row.host_address;
    sandbox.host_fingerprint = row.host_fingerprint;
    all.push_back(store_counted(std::move(sandbox), stored));
  }
  co_await run_together("store measurements", std::move(all));
  co_return stored;
}

Task<Result<int>> MetricsService::prune() {
  CO_TRY(auto lane, co_await parts_.database.slow_lane());
  co_return co_await delete_old(*lane, parts_.settings.retention);
}

}  // namespace sandbar::control::metrics
