// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/describe.hpp>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "sandbar/base/clock.h"

namespace sandbar::control::usage {

// What a team used on one day of UTC. A running sandbox is charged with all that it has; a paused one with
// its disk.
struct DayUsage {
  std::string day;  // "2026-03-01"
  double sandbox_seconds = 0, vcpu_seconds = 0, memory_mib_seconds = 0, disk_mib_seconds = 0;
  std::int64_t peak_running = 0;
};
BOOST_DESCRIBE_STRUCT(DayUsage, (),
                      (day, sandbox_seconds, vcpu_seconds, memory_mib_seconds, disk_mib_seconds,
                       peak_running))

// What a team's sandboxes take at a moment, or took at most. Of a paused one half the memory counts.
struct Level {
  std::int64_t running_count = 0, vcpus_reserved = 0, memory_mb_reserved = 0;
};
BOOST_DESCRIBE_STRUCT(Level, (), (running_count, vcpus_reserved, memory_mb_reserved))

// The highest level within one bucket of time; buckets without a sample have no row.
struct BucketRow {
  Time at{};  // its beginning
  std::int64_t running_count = 0, vcpus_reserved = 0, memory_mb_reserved = 0;
};
BOOST_DESCRIBE_STRUCT(BucketRow, (), (at, running_count, vcpus_reserved, memory_mb_reserved))

// The ranges of statistics, with the width of a bucket for each.
struct StatsRange {
  std::string_view name;
  std::chrono::seconds length, bucket;
};
inline constexpr StatsRange kStatsRanges[] = {
    {"5m", std::chrono::minutes(5), std::chrono::seconds(3)},
    {"1h", std::chrono::hours(1), std::chrono::seconds(30)},
    {"6h", std::chrono::hours(6), std::chrono::minutes(3)},
    {"24h", std::chrono::hours(24), std::chrono::minutes(12)},
    {"30d", std::chrono::days(30), std::chrono::hours(6)},
};

// One point for each bucket of a range, oldest first.
struct Series {
  std::vector<Time> labels;
  std::vector<std::int64_t> running, vcpus, memory_mb;
};

struct Stats {
  Level current, peaks;
  Series series;
};

struct Settings {
  std::chrono::milliseconds sample_period{10'000};
  std::chrono::milliseconds sample_retention = std::chrono::days(60);
  std::chrono::milliseconds day_retention = std::chrono::days(730);
};

}  // namespace sandbar::control::usage
