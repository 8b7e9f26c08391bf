// SPDX-License-Identifier: Apache-2.0
#include "sandbar/agent/metrics_ring.h"

#include <algorithm>
#include <utility>

namespace sandbar::agent {
namespace {

Time floor_to(Time at, std::chrono::seconds period) { return at - at.time_since_epoch() % period; }

// Those of `points` from `from` on and before `end`, in front of which they are put.
Time prepend(std::deque<MetricPoint>& out, const std::deque<MetricPoint>& points, Time from, Time end) {
  for (auto it = points.rbegin(); it != points.rend(); ++it)
    if (it->at >= from && it->at < end) out.push_front(*it);
  return points.empty() ? end : std::min(end, points.front().at);
}

}  // namespace

void MetricsRing::sample(Time at, const VmUsage& usage) {
  if (last_ && at - last_->at < kShortest) return;
  auto before = std::exchange(last_, Last{at, usage.cpu_ns});
  if (!before || usage.cpu_ns < before->cpu_ns) return;
  auto elapsed_ns = std::chrono::duration<double, std::nano>(at - before->at).count();
  auto share = 100.0 * static_cast<double>(usage.cpu_ns - before->cpu_ns) / elapsed_ns;
  MetricPoint point{at, share, usage.memory_bytes, usage.disk_bytes};
  fine_.push_back(point);
  while (fine_.front().at < at - kFineLength || fine_.size() > kMaxFinePoints) fine_.pop_front();
  middle_.add(point);
  coarse_.add(point);
}

void MetricsRing::Tier::add(const MetricPoint& point) {
  auto begins = floor_to(point.at, period);
  if (samples > 0 && begins != open.at) {
    open.cpu_percent /= samples;
    points.push_back(open);
    if (points.size() > capacity) points.pop_front();
    samples = 0;
  }
  if (samples++ == 0) open = {.at = begins};
  open.cpu_percent += point.cpu_percent;
  open.memory_bytes = std::max(open.memory_bytes, point.memory_bytes);
  open.disk_bytes = std::max(open.disk_bytes, point.disk_bytes);
}

std::vector<MetricPoint> MetricsRing::since(Time from) const {
  std::deque<MetricPoint> found;
  auto known_from = prepend(found, fine_, from, Time::max());
  known_from = prepend(found, middle_.points, from, known_from);
  prepend(found, coarse_.points, from, known_from);
  return {found.begin(), found.end()};
}

}  // namespace sandbar::agent
