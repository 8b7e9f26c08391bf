// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/usage/series.h"
#include "sandbar/pg/database.h"

// What teams use. The database counts it where a sandbox's row changes (accrue_usage() in the schema), so it
// is exact whoever makes the change, whichever replica runs, and however long none did. Samples serve the
// curves of statistics only.

namespace sandbar::control::usage {

class UsageService {
 public:
  UsageService(pg::Database& database, const Clock& clock, Settings settings)
      : database_(database), clock_(clock), settings_(settings) {}

  Result<Period> period_of(const std::optional<std::string>& from,
                           const std::optional<std::string>& to) const;
  // Up to this moment.
  Task<Result<std::vector<DayUsage>>> days(TeamId team, Period period);
  Task<Result<Stats>> stats(TeamId team, std::string range);

  // Jobs. A sample is taken once for each period, whoever takes it, however often.
  Task<Result<int>> sample();
  Task<Result<int>> prune();

 private:
  pg::Database& database_;
  const Clock& clock_;
  Settings settings_;
};

}  // namespace sandbar::control::usage
