// SPDX-License-Identifier: Apache-2.0
#include "sandbar/agent/metrics_ring.h"

#include <doctest/doctest.h>

using namespace sandbar;
using namespace sandbar::agent;
using namespace std::chrono_literals;

namespace {

constexpr Time kStart{1'200'000s};

// Half a core is used all the time.
MetricsRing sampled_for(std::chrono::seconds time) {
  MetricsRing ring;
  ring.begin(kStart, 0);
  for (auto at = 5s; at <= time; at += 5s)
    ring.sample(kStart + at, {static_cast<std::uint64_t>(at.count()) * 500'000'000, 1000, 2000});
  return ring;
}

}  // namespace

TEST_CASE("use of the processor is a share of the time between two samples") {
  auto points = sampled_for(10s).since(kStart);
  REQUIRE(points.size() == 2);
  CHECK(points[0].cpu_percent == doctest::Approx(50));
  CHECK(points[1].cpu_percent == doctest::Approx(50));
  CHECK(points[1].memory_bytes == 1000);
}

TEST_CASE("SB-4: right after a resume the share is that of the time since, whatever the counter says") {
  auto ring = sampled_for(10s);
  ring.interrupt();
  ring.begin(kStart + 1h, 700'000'000);
  ring.sample(kStart + 1h + 100ms, {750'000'000, 1000, 2000});
  ring.sample(kStart + 1h + 1s, {950'000'000, 1000, 2000});
  auto points = ring.since(kStart + 1h);
  REQUIRE(points.size() == 1);
  CHECK(points[0].cpu_percent == doctest::Approx(25));
}

TEST_CASE("without anything to compare with there is no point, and no negative or giant share") {
  MetricsRing ring;
  ring.sample(kStart, {9'000'000'000, 1, 1});
  ring.sample(kStart + 5s, {1'000, 1, 1});
  CHECK(ring.since(kStart).empty());
  ring.sample(kStart + 10s, {2'500'001'000, 1, 1});
  CHECK(ring.since(kStart)[0].cpu_percent == doctest::Approx(50));
}

TEST_CASE("SB-9: ten minutes as sampled, two hours by 30 s, a day by 5 min, and nothing grows beyond that") {
  auto points = sampled_for(48h).since(kStart);
  CHECK(points.size() <= 121 + 240 + 288);
  CHECK(points.back().at == kStart + 48h);
  CHECK(points.front().at <= kStart + 48h - 23h);
  CHECK(points.front().at >= kStart + 48h - 25h);
  for (std::size_t i = 1; i < points.size(); ++i) REQUIRE(points[i].at > points[i - 1].at);
  auto step_at = [&](std::chrono::seconds ago) {
    auto it = std::ranges::find_if(points, [&](const auto& point) { return point.at >= kStart + 48h - ago; });
    return it[1].at - it[0].at;
  };
  CHECK(step_at(5min) == 5s);
  CHECK(step_at(1h) == 30s);
  CHECK(step_at(12h) == 5min);
  CHECK(points[5].cpu_percent == doctest::Approx(50));
}

TEST_CASE("points older than asked for are left out") {
  auto points = sampled_for(10min).since(kStart + 9min);
  CHECK(points.size() == 13);
}
