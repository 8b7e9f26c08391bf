// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "sandbar/control/usage/types.h"
#include "sandbar/json/decode.h"

namespace sandbar::control::usage {

// Days of UTC, both included: "2026-03-01". The last thirty days if nothing is given.
struct UsageQuery {
  std::optional<std::string> from, to;
};
BOOST_DESCRIBE_STRUCT(UsageQuery, (), (from, to))

struct TotalView {
  double sandbox_seconds = 0, vcpu_seconds = 0, memory_mib_seconds = 0, disk_mib_seconds = 0;
};
BOOST_DESCRIBE_STRUCT(TotalView, (), (sandbox_seconds, vcpu_seconds, memory_mib_seconds, disk_mib_seconds))

struct UsageView {
  std::string from, to;
  std::vector<DayUsage> days;  // every day of the range, oldest first
  TotalView total;
};
BOOST_DESCRIBE_STRUCT(UsageView, (), (from, to, days, total))

struct StatsQuery {
  json::Defaulted<std::string> range{"1h"};
};
BOOST_DESCRIBE_STRUCT(StatsQuery, (), (range))

struct PeaksView {
  std::int64_t running_count = 0, vcpus = 0, memory_mb = 0;
};
BOOST_DESCRIBE_STRUCT(PeaksView, (), (running_count, vcpus, memory_mb))

struct SeriesView {
  std::vector<Time> labels;
  std::vector<std::int64_t> running, vcpus, memory_mb;
};
BOOST_DESCRIBE_STRUCT(SeriesView, (), (labels, running, vcpus, memory_mb))

struct StatsView {
  std::string range;
  Level current;
  PeaksView peaks;  // of the last 30 days
  SeriesView series;
};
BOOST_DESCRIBE_STRUCT(StatsView, (), (range, current, peaks, series))

}  // namespace sandbar::control::usage
