// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "sandbar/agent/vm/hypervisor.h"
#include "sandbar/base/clock.h"

// The use of resources of one sandbox over the last day, in memory only, in three tiers: 10 minutes as
// sampled, 2 hours with a point for each 30 s, 24 hours with one for each 5 minutes. At most about 60 KiB per
// sandbox, and only as much as has been sampled.

namespace sandbar::agent {

struct MetricPoint {
  Time at{};
  double cpu_percent = 0;  // of one core
  std::uint64_t memory_bytes = 0, disk_bytes = 0;
};

class MetricsRing {
 public:
  static constexpr std::chrono::minutes kFineLength{10};
  static constexpr std::size_t kMaxFinePoints = 1200;
  static constexpr std::chrono::milliseconds kShortest{200};  // that a share of the processor is computed for

  // The VM runs from now on, and has used that much of the processor so far.
  void begin(Time at, std::uint64_t cpu_ns) { last_ = Last{at, cpu_ns}; }
  // `usage` of a process that was started anew begins again at zero. A sample that there is nothing to
  // compare with makes no point.
  void sample(Time at, const VmUsage& usage);
  // The VM has gone.
  void interrupt() { last_.reset(); }
  // In order of time; where several tiers know, the finest one speaks.
  std::vector<MetricPoint> since(Time from) const;

 private:
  struct Last {
    Time at;
    std::uint64_t cpu_ns;
  };
  // One point for each period: the processor's mean, the others' maximum.
  struct Tier {
    std::chrono::seconds period;
    std::size_t capacity;
    std::deque<MetricPoint> points = {};
    MetricPoint open = {};  // sums of the period that is being collected
    int samples = 0;

    void add(const MetricPoint& point);
  };

  std::optional<Last> last_;
  std::deque<MetricPoint> fine_;
  Tier middle_{std::chrono::seconds(30), 240}, coarse_{std::chrono::minutes(5), 288};
};

}  // namespace sandbar::agent
