// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/describe.hpp>
#include <string>
#include <vector>

#include "sandbar/base/id.h"
#include "sandbar/json/decode.h"

namespace sandbar::control::metrics {

struct MetricsQuery {
  json::Defaulted<std::string> range{"10m"};
};
BOOST_DESCRIBE_STRUCT(MetricsQuery, (), (range))

struct MetricPointView {
  std::int64_t timestamp_unix = 0;
  double cpu_pct = 0;  // of one processor
  std::int64_t mem_bytes = 0, mem_total_bytes = 0, disk_bytes = 0, disk_total_bytes = 0;
};
BOOST_DESCRIBE_STRUCT(MetricPointView, (),
                      (timestamp_unix, cpu_pct, mem_bytes, mem_total_bytes, disk_bytes, disk_total_bytes))

struct MetricsView {
  SandboxId sandbox_id;
  std::string range;
  std::vector<MetricPointView> points;
};
BOOST_DESCRIBE_STRUCT(MetricsView, (), (sandbox_id, range, points))

}  // namespace sandbar::control::metrics
