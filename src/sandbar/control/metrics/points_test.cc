// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/metrics/points.h"

#include <doctest/doctest.h>

using namespace sandbar;
using namespace sandbar::control;
using namespace sandbar::control::metrics;
using namespace std::chrono_literals;

namespace {

constexpr Time kStart{1'200'000s};

std::vector<agents::MetricSample> samples(std::chrono::seconds every, std::chrono::seconds length) {
  std::vector<agents::MetricSample> out;
  for (auto at = 0s; at < length; at += every)
    out.push_back({.at = kStart + at,
                   .cpu_percent = static_cast<double>(out.size() % 2 ? 100 : 0),
                   .memory_bytes = at.count(),
                   .disk_bytes = 7});
  return out;
}

}  // namespace

TEST_CASE("SB-9: measurements are condensed to the density of their tier") {
  CHECK(condense(samples(5s, 10min), kTiers[0]).size() == 120);
  auto middle = condense(samples(5s, 10min), kTiers[1]);
  REQUIRE(middle.size() == 20);
  CHECK(middle[1].at == kStart + 30s);
  CHECK(middle[1].cpu_pct == doctest::Approx(50));
  CHECK(middle[1].mem_bytes == 55);
  CHECK(condense(samples(5s, 10min), kTiers[2]).size() == 2);
  CHECK(condense({}, kTiers[2]).empty());
}

TEST_CASE("what was stored and what the host has are one line, each moment once") {
  std::vector<Point> stored{{kStart, 1}, {kStart + 30s, 2}}, live{{kStart + 30s, 3}, {kStart + 60s, 4}};
  auto merged = merge(stored, live);
  REQUIRE(merged.size() == 3);
  CHECK(merged[1].cpu_pct == 3);
  CHECK(merged[2].at == kStart + 60s);
}

TEST_CASE("every range is answered by a tier that reaches as far") {
  for (const auto& range : kRanges) CHECK(range.length <= range.tier.length);
  CHECK(!find_range("3h"));
}
