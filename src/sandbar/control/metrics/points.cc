// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/metrics/points.h"

#include <algorithm>
#include <map>

namespace sandbar::control::metrics {
namespace {

struct Sum {
  Point point;
  int samples = 0;
};

Time begin_of(Time at, std::chrono::seconds density) {
  std::chrono::microseconds width = density;
  if (density == density.zero()) width = std::chrono::milliseconds(1);
  return at - at.time_since_epoch() % width;
}

}  // namespace

std::vector<Point> condense(const std::vector<agents::MetricSample>& samples, const Tier& tier) {
  std::map<Time, Sum> sums;
  for (const auto& sample : samples) {
    auto& sum = sums[begin_of(sample.at, tier.density)];
    sum.point.cpu_pct += sample.cpu_percent;
    sum.point.mem_bytes = std::max(sum.point.mem_bytes, sample.memory_bytes);
    sum.point.disk_bytes = std::max(sum.point.disk_bytes, sample.disk_bytes);
    ++sum.samples;
  }
  std::vector<Point> points;
  for (auto& [at, sum] : sums) {
    sum.point.at = at;
    sum.point.cpu_pct /= sum.samples;
    points.push_back(sum.point);
  }
  return points;
}

std::vector<Point> merge(const std::vector<Point>& older, const std::vector<Point>& newer) {
  std::map<Time, Point> all;
  for (const auto& point : older) all[point.at] = point;
  for (const auto& point : newer) all[point.at] = point;
  std::vector<Point> points;
  for (const auto& [at, point] : all) points.push_back(point);
  return points;
}

}  // namespace sandbar::control::metrics
