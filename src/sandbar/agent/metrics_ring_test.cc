// SPDX-License-Identifier: Apache-2.0
#include "sandbar/agent/metrics_ring.h"

#include <doctest/doctest.h>

using namespace sandbar;
using namespace sandbar::agent;
using namespace std::chrono_literals;

namespace {

constexpr Time kStart{1'000'000s};

// Half a core is used all the time.
MetricsRing sampled_for(std::chrono::seconds time) {
  MetricsRing ring;
  for (auto at = 0s; at <= time; at += 5s)
    ring.sample(kStart + at, {static_cast<std::uint64_t>(at.count()) * 500'000'000, 1000, 2000});
  return ring;
}

}  // namespace

TEST_CASE("use of the processor is a share of the time between two samples") {
  auto points = sampled_for(10s).since(kStart);
  REQUIRE(points.size() == 3);
  CHECK(points[0].cpu_percent == 0);
  CHECK(points[2].cpu_percent == doctest::Approx(50));
  CHECK(points[2].memory_bytes == 1000);
}

TEST_CASE("a restarted VM, whose counter begins again, does not give a negative or giant share") {
  MetricsRing ring;
  ring.sample(kStart, {9'000'000'000, 1, 1});
  ring.sample(kStart + 5s, {1'000, 1, 1});
  CHECK(ring.since(kStart)[1].cpu_percent == 0);
}

TEST_CASE("ten minutes are fine, a day is coarse, and nothing grows beyond that") {
  auto points = sampled_for(48h).since(kStart);
  CHECK(points.size() <= MetricsRing::kFinePoints + MetricsRing::kCoarsePoints);
  CHECK(points.size() >= MetricsRing::kCoarsePoints);
  CHECK(points.back().at == kStart + 48h);
  CHECK(points.front().at <= kStart + 48h - 23h);
  for (std::size_t i = 1; i < points.size(); ++i) REQUIRE(points[i].at > points[i - 1].at);
  CHECK(points[1].at - points[0].at == 60s);
  CHECK(points[5].cpu_percent == doctest::Approx(50));
}

TEST_CASE("points older than asked for are left out") {
  auto points = sampled_for(10min).since(kStart + 9min);
  CHECK(points.size() == 13);
}
