// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "sandbar/agent/vm/hypervisor.h"
#include "sandbar/base/clock.h"

// The use of resources of one sandbox over the last day, in memory only: 10 minutes as sampled (every 5 s),
// 24 hours with one point a minute. At most about 75 KiB per sandbox, and only as much as has been sampled.

namespace sandbar::agent {

struct MetricPoint {
  Time at{};
  double cpu_percent = 0;  // of one core
  std::uint64_t memory_bytes = 0, disk_bytes = 0;
};

class MetricsRing {
 public:
  static constexpr std::chrono::seconds kFinePeriod{5}, kCoarsePeriod{60};
  static constexpr std::size_t kFinePoints = 120, kCoarsePoints = 1440;

  // `usage` of a process that was started anew begins again at zero.
  void sample(Time at, const VmUsage& usage);
  // The VM has gone: the next sample has nothing to be compared with.
  void interrupt() { last_.reset(); }
  // In order of time; where both tiers know, the fine one speaks.
  std::vector<MetricPoint> since(Time from) const;

 private:
  struct Last {
    Time at;
    std::uint64_t cpu_ns;
  };
  void add_coarse(const MetricPoint& point);

  std::optional<Last> last_;
  std::deque<MetricPoint> fine_, coarse_;
  MetricPoint minute_{};  // sums of the minute that is being collected
  int in_minute_ = 0;
};

}  // namespace sandbar::agent
