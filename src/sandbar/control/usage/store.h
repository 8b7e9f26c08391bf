// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/usage/types.h"
#include "sandbar/pg/database.h"

namespace sandbar::control::usage {

Task<Result<void>> accrue(pg::Session& session, TeamId team);
Task<Result<std::vector<DayUsage>>> list_days(pg::Session& session, TeamId team, std::string from,
                                              std::string to);
Task<Result<Level>> current_level(pg::Session& session, TeamId team);
Task<Result<Level>> peak_level(pg::Session& session, TeamId team);
Task<Result<std::vector<BucketRow>>> list_buckets(pg::Session& session, TeamId team, Time from,
                                                  std::chrono::seconds bucket);
Task<Result<int>> insert_samples(pg::Session& session, std::chrono::milliseconds period);
Task<Result<int>> delete_old(pg::Session& session, std::chrono::milliseconds samples,
                             std::chrono::milliseconds days);

}  // namespace sandbar::control::usage
