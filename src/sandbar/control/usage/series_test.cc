// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/usage/series.h"

#include <doctest/doctest.h>

using namespace sandbar;
using namespace sandbar::control::usage;

namespace {

Time at(std::string_view text) { return *parse_rfc3339(text); }
const Time kNow = *parse_rfc3339("2026-03-01T12:00:01Z");

}  // namespace

TEST_CASE("a period is the days that were asked for, or the last thirty") {
  auto asked = period_of("2026-01-31", "2026-02-01", kNow);
  REQUIRE(asked);
  CHECK(day_text(asked->from) == "2026-01-31");
  CHECK(day_text(asked->to) == "2026-02-01");
  auto usual = period_of(std::nullopt, std::nullopt, kNow);
  CHECK(day_text(usual->to) == "2026-03-01");
  CHECK(day_text(usual->from) == "2026-01-31");
  CHECK(period_of("2026-01-01", "2026-04-02", kNow));
  CHECK(!period_of("2026-01-01", "2026-04-03", kNow));
  CHECK(!period_of("2026-03-02", "2026-03-01", kNow));
  for (const auto* odd :
       {"", "2026-02-30", "2026-2-1", "26-02-01", "2026-02-01T00:00:00Z", "2026-13-01", "-026-01-01"})
    CHECK(!period_of(std::string(odd), "2026-03-01", kNow));
}

TEST_CASE("days without use are listed with nothing") {
  auto period = *period_of("2026-02-27", "2026-03-01", kNow);
  auto days = fill_days(period, {{.day = "2026-02-28", .sandbox_seconds = 5}});
  REQUIRE(days.size() == 3);
  CHECK(days[0].sandbox_seconds == 0);
  CHECK(days[1].sandbox_seconds == 5);
  CHECK(days[2].day == "2026-03-01");
}

TEST_CASE("a series has one point for each bucket, whose gaps between samples are filled") {
  auto range = *find_stats_range("5m");
  std::vector<BucketRow> rows{{at("2026-03-01T11:59:00Z"), 2, 4, 100}};
  auto series = make_series(range, kNow, rows, std::chrono::seconds(10));
  REQUIRE(series.labels.size() == 100);
  CHECK(series.labels.front() == at("2026-03-01T11:55:03Z"));
  CHECK(series.labels.back() == at("2026-03-01T12:00:00Z"));
  auto point = [&](std::string_view time) {
    return series.running[static_cast<std::size_t>((at(time) - series.labels.front()) / range.bucket)];
  };
  CHECK(point("2026-03-01T11:58:57Z") == 0);
  CHECK(point("2026-03-01T11:59:00Z") == 2);
  CHECK(point("2026-03-01T11:59:15Z") == 2);
  CHECK(point("2026-03-01T11:59:18Z") == 0);
  CHECK(!find_stats_range("2h"));
}
