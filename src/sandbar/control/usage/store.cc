// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/usage/store.h"

#include "sandbar/control/usage/store.sql.h"

namespace sandbar::control::usage {

Task<Result<void>> accrue(pg::Session& session, TeamId team) {
  CO_TRY_VOID(co_await session.query(sql::accrue, team));
  co_return Result<void>{};
}

Task<Result<std::vector<DayUsage>>> list_days(pg::Session& session, TeamId team, std::string from,
                                              std::string to) {
  CO_TRY(auto rows, co_await session.query(sql::list_days, team, from, to));
  co_return rows.all<DayUsage>();
}

Task<Result<Level>> current_level(pg::Session& session, TeamId team) {
  CO_TRY(auto rows, co_await session.query(sql::current_level, team));
  co_return rows.maybe<Level>().value_or(Level{});
}

Task<Result<Level>> peak_level(pg::Session& session, TeamId team) {
  CO_TRY(auto rows, co_await session.query(sql::peak_level, team));
  co_return rows.one<Level>("peaks");
}

Task<Result<std::vector<BucketRow>>> list_buckets(pg::Session& session, TeamId team, Time from,
                                                  std::chrono::seconds bucket) {
  CO_TRY(auto rows, co_await session.query(sql::list_buckets, std::int64_t{bucket.count()}, team, from));
  co_return rows.all<BucketRow>();
}

Task<Result<int>> insert_samples(pg::Session& session, std::chrono::milliseconds period) {
  CO_TRY(auto rows, co_await session.query(sql::insert_samples_any_team, std::int64_t{period.count()}));
  co_return static_cast<int>(rows.affected());
}

Task<Result<int>> delete_old(pg::Session& session, std::chrono::milliseconds samples,
                             std::chrono::milliseconds days) {
  CO_TRY(auto old_samples,
         co_await session.query(sql::delete_samples_any_team, std::int64_t{samples.count()}));
  CO_TRY(auto old_days, co_await session.query(sql::delete_days_any_team, std::int64_t{days.count()}));
  co_return static_cast<int>(old_samples.affected() + old_days.affected());
}

}  // namespace sandbar::control::usage
