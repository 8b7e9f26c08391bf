// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/usage/routes.h"

#include "sandbar/control/access/call.h"
#include "sandbar/control/usage/api.h"

namespace sandbar::control::usage {
namespace {

using access::Call;
using enum http::Access;

UsageView view_of(Period period, std::vector<DayUsage> days) {
  UsageView view{.from = day_text(period.from), .to = day_text(period.to), .days = std::move(days)};
  for (const auto& day : view.days) {
    view.total.sandbox_seconds += day.sandbox_seconds;
    view.total.vcpu_seconds += day.vcpu_seconds;
    view.total.memory_mib_seconds += day.memory_mib_seconds;
    view.total.disk_mib_seconds += day.disk_mib_seconds;
  }
  return view;
}

Task<Result<UsageView>> usage(UsageService& service, Call& call, http::Query<UsageQuery> query) {
  CO_TRY(auto period, service.period_of(query->from, query->to));
  CO_TRY(auto days, co_await service.days(call.team(), period));
  co_return view_of(period, std::move(days));
}

Task<Result<StatsView>> stats(UsageService& service, Call& call, http::Query<StatsQuery> query) {
  CO_TRY(auto stats, co_await service.stats(call.team(), query->range.value));
  const auto& [current, peaks, series] = stats;
  co_return StatsView{query->range.value,
                      current,
                      {peaks.running_count, peaks.vcpus_reserved, peaks.memory_mb_reserved},
                      {series.labels, series.running, series.vcpus, series.memory_mb}};
}

constexpr http::ServiceRoute<UsageService> kRoutes[] = {
    http::route<&usage>("GET", "/v1/usage", team_member, "What the team used, day by day, at most 92 days"),
    http::route<&stats>("GET", "/v1/sandboxes/stats", team_member,
                        "What the team's sandboxes take now, took at most, and took over time"),
};

}  // namespace

http::Routes<UsageService> routes() { return kRoutes; }

}  // namespace sandbar::control::usage
