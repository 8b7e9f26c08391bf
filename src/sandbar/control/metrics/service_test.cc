// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/metrics/service.h"

#include <doctest/doctest.h>

#include "sandbar/control/sandboxes/test_world.h"

using namespace sandbar;
using namespace sandbar::control;
using namespace std::chrono_literals;
using sandboxes::test::World;

namespace {

constexpr pg::Statement<0> kAgeMarks{"test.age_marks",
                                     "UPDATE sandbox_metric_marks SET stored_at = stored_at - interval '1 "
                                     "day', tried_at = tried_at - interval '1 day'"};
constexpr pg::Statement<0> kAgeStarts{"test.age_starts",
                                      "UPDATE sandboxes SET started_at = started_at - interval '1 day'"};
constexpr pg::Statement<0> kAgeStops{"test.age_stops",
                                     "UPDATE sandboxes SET stopped_at = stopped_at - interval '8 days'"};
constexpr pg::Statement<0> kTiersStored{
    "test.tiers", "SELECT string_agg(tier, ' ' ORDER BY tier) AS value FROM sandbox_metric_points"};

struct Measuring {
  explicit Measuring(World& world) : service({world.db, world.service, clock, {}}) {}
  FakeClock clock{Time(100h)};
  metrics::MetricsService service;
};

Task<void> live(World& world, agents::FakeAgentClient&) {
  Measuring of(world);
  auto sandbox = co_await world.service.create(world.actor, {});
  REQUIRE(sandbox);
  auto measured = co_await of.service.of_sandbox(world.actor, sandbox->id, "1h");
  REQUIRE(measured);
  CHECK(measured->points.front().at == Time(99h));
  auto odd = co_await of.service.of_sandbox(world.actor, sandbox->id, "3h");
  CHECK(odd.error().code == Errc::invalid_request);
  auto destroyed = co_await world.service.destroy(world.actor, sandbox->id);
  REQUIRE(destroyed);
  auto late = co_await of.service.of_sandbox(world.actor, sandbox->id, "1h");
  CHECK(late.error().code == Errc::not_found);
}

Task<void> kept(World& world, agents::FakeAgentClient& host) {
  Measuring of(world);
  auto sandbox = co_await world.service.create(world.actor, {});
  REQUIRE(sandbox);
  auto row = co_await world.service.get(world.actor, sandbox->id);
  co_await of.service.keep(*row);
  auto tiers = co_await world.db.query(kTiersStored);
  CHECK((*tiers)[0].get<std::string>("value") == "10m 24h 2h");
  CHECK(co_await world.service.destroy(world.actor, sandbox->id));
  auto asked = host.calls.size();
  auto measured = co_await of.service.of_sandbox(world.actor, sandbox->id, "24h");
  REQUIRE(measured);
  CHECK(host.calls.size() == asked);
  REQUIRE(measured->points.size() == 1);
  CHECK(measured->points[0].cpu_pct == 12.5);
  CHECK(*co_await of.service.prune() == 0);
  CHECK(co_await world.db.query(kAgeStops));
  CHECK(*co_await of.service.prune() == 3);
  auto gone = co_await of.service.of_sandbox(world.actor, sandbox->id, "24h");
  CHECK(gone.error().code == Errc::not_found);
}

Task<void> due(World& world, agents::FakeAgentClient& host) {
  Measuring of(world);
  auto sandbox = co_await world.service.create(world.actor, {});
  REQUIRE(sandbox);
  CHECK(*co_await of.service.store_due() == 0);
  CHECK(co_await world.db.query(kAgeStarts));
  CHECK(*co_await of.service.store_due() == 1);
  CHECK(*co_await of.service.store_due() == 0);
  CHECK(co_await world.db.query(kAgeMarks));
  CHECK(*co_await of.service.store_due() == 1);
  CHECK(co_await world.service.pause(world.actor, sandbox->id));
  CHECK(*co_await of.service.store_due() == 1);
  CHECK(*co_await of.service.store_due() == 0);
  CHECK(co_await world.service.resume(world.actor, sandbox->id));
  CHECK(co_await world.db.query(kAgeMarks));
  host.failures.push_back({Errc::host_unavailable, "told to"});
  CHECK(*co_await of.service.store_due() == 0);
  CHECK(*co_await of.service.store_due() == 0);
}

}  // namespace

TEST_CASE("SB-9: a running sandbox's measurements come from its host, for a known range") {
  sandboxes::test::with_world(live);
}
TEST_CASE("SB-9: what was stored is served after the sandbox has gone, for as long as it is kept") {
  sandboxes::test::with_world(kept);
}
TEST_CASE("SB-9: measurements of running sandboxes are stored each period, of paused ones once") {
  sandboxes::test::with_world(due);
}
