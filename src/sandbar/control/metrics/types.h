// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/describe.hpp>
#include <chrono>
#include <optional>
#include <string_view>
#include <vector>

#include "sandbar/base/clock.h"
#include "sandbar/base/id.h"

namespace sandbar::control::metrics {

// Measurements are kept in three densities; each reaches as far back as its name says.
struct Tier {
  std::string_view name;
  std::chrono::seconds length;
  std::chrono::seconds density;  // 0: as they were sampled
};
inline constexpr Tier kTiers[] = {
    {"10m", std::chrono::minutes(10), std::chrono::seconds(0)},
    {"2h", std::chrono::hours(2), std::chrono::seconds(30)},
    {"24h", std::chrono::hours(24), std::chrono::minutes(5)},
};

// The ranges that can be asked for, as they are spelled, and the tier that answers.
struct Range {
  std::string_view name;
  std::chrono::minutes length;
  const Tier& tier;
};
inline constexpr Range kRanges[] = {
    {"5m", std::chrono::minutes(5), kTiers[0]}, {"10m", std::chrono::minutes(10), kTiers[0]},
    {"1h", std::chrono::hours(1), kTiers[1]},   {"2h", std::chrono::hours(2), kTiers[1]},
    {"6h", std::chrono::hours(6), kTiers[2]},   {"12h", std::chrono::hours(12), kTiers[2]},
    {"24h", std::chrono::hours(24), kTiers[2]},
};

constexpr const Range* find_range(std::string_view name) {
  for (const auto& range : kRanges)
    if (range.name == name) return &range;
  return nullptr;
}

struct Point {
  Time at{};
  double cpu_pct = 0;  // of one core
  std::int64_t mem_bytes = 0, disk_bytes = 0;
};
BOOST_DESCRIBE_STRUCT(Point, (), (at, cpu_pct, mem_bytes, disk_bytes))

struct Settings {
  std::chrono::milliseconds store_period = std::chrono::minutes(5);  // of running sandboxes
  std::chrono::milliseconds retention = std::chrono::days(7);        // after a sandbox has stopped
};

}  // namespace sandbar::control::metrics
