// SPDX-License-Identifier: Apache-2.0
#include "sandbar/agent/metrics_ring.h"

#include <algorithm>

namespace sandbar::agent {
namespace {

void push_bounded(std::deque<MetricPoint>& points, const MetricPoint& point, std::size_t limit) {
  points.push_back(point);
  if (points.size() > limit) points.pop_front();
}

}  // namespace

void MetricsRing::sample(Time at, const VmUsage& usage) {
  MetricPoint point{at, 0, usage.memory_bytes, usage.disk_bytes};
  if (last_ && usage.cpu_ns >= last_->cpu_ns && at > last_->at) {
    auto elapsed_ns = std::chrono::duration<double, std::nano>(at - last_->at).count();
    point.cpu_percent = 100.0 * static_cast<double>(usage.cpu_ns - last_->cpu_ns) / elapsed_ns;
  }
  last_ = Last{at, usage.cpu_ns};
  push_bounded(fine_, point, kFinePoints);
  add_coarse(point);
}

void MetricsRing::add_coarse(const MetricPoint& point) {
  if (in_minute_ == 0) minute_ = {.at = point.at};
  minute_.cpu_percent += point.cpu_percent;
  minute_.memory_bytes = std::max(minute_.memory_bytes, point.memory_bytes);
  minute_.disk_bytes = std::max(minute_.disk_bytes, point.disk_bytes);
  ++in_minute_;
  if (point.at - minute_.at < kCoarsePeriod - kFinePeriod) return;
  minute_.cpu_percent /= in_minute_;
  push_bounded(coarse_, minute_, kCoarsePoints);
  in_minute_ = 0;
}

std::vector<MetricPoint> MetricsRing::since(Time from) const {
  std::vector<MetricPoint> points;
  auto fine_begins = fine_.empty() ? Time::max() : fine_.front().at;
  for (const auto& point : coarse_)
    if (point.at >= from && point.at < fine_begins) points.push_back(point);
  for (const auto& point : fine_)
    if (point.at >= from) points.push_back(point);
  return points;
}

}  // namespace sandbar::agent
