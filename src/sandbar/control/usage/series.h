// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "sandbar/base/result.h"
#include "sandbar/control/usage/types.h"

namespace sandbar::control::usage {

// Days, both included.
struct Period {
  std::chrono::sys_days from, to;
};

std::string day_text(std::chrono::sys_days day);  // "2026-03-01"
// invalid_request for what is no day, ends before it begins, or is longer than 92 days.
Result<Period> period_of(const std::optional<std::string>& from, const std::optional<std::string>& to,
                         Time now);
// Every day of the period; those without a row used nothing.
std::vector<DayUsage> fill_days(const Period& period, const std::vector<DayUsage>& rows);

// invalid_request for a name that is not in kStatsRanges.
Result<StatsRange> find_stats_range(std::string_view name);
// The buckets of the range that ends now; the first begins at first_bucket(). A bucket narrower than
// `sample_period` without a sample repeats the one before it, unless that is too old: then nothing ran.
Time first_bucket(const StatsRange& range, Time now);
Series make_series(const StatsRange& range, Time now, const std::vector<BucketRow>& rows,
                   std::chrono::milliseconds sample_period);

}  // namespace sandbar::control::usage
