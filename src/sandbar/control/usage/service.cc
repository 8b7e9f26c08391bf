// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/usage/service.h"

#include "sandbar/control/usage/store.h"

namespace sandbar::control::usage {
namespace {

Level max_of(const Level& a, const Level& b) {
  return {std::max(a.running_count, b.running_count), std::max(a.vcpus_reserved, b.vcpus_reserved),
          std::max(a.memory_mb_reserved, b.memory_mb_reserved)};
}

}  // namespace

Result<Period> UsageService::period_of(const std::optional<std::string>& from,
                                       const std::optional<std::string>& to) const {
  return usage::period_of(from, to, clock_.now());
}

Task<Result<std::vector<DayUsage>>> UsageService::days(TeamId team, Period period) {
  CO_TRY_VOID(co_await accrue(database_, team));
  CO_TRY(auto rows, co_await list_days(database_, team, day_text(period.from), day_text(period.to)));
  co_return fill_days(period, rows);
}

Task<Result<Stats>> UsageService::stats(TeamId team, std::string name) {
  CO_TRY(auto range, find_stats_range(name));
  auto now = clock_.now();
  CO_TRY(auto lane, co_await database_.slow_lane());
  CO_TRY(auto current, co_await current_level(*lane, team));
  CO_TRY(auto peaks, co_await peak_level(*lane, team));
  CO_TRY(auto rows, co_await list_buckets(*lane, team, first_bucket(range, now), range.bucket));
  co_return Stats{current, max_of(current, peaks), make_series(range, now, rows, settings_.sample_period)};
}

Task<Result<int>> UsageService::sample() { return insert_samples(database_, settings_.sample_period); }

Task<Result<int>> UsageService::prune() {
  CO_TRY(auto lane, co_await database_.slow_lane());
  co_return co_await delete_old(*lane, settings_.sample_retention, settings_.day_retention);
}

}  // namespace sandbar::control::usage
