// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/metrics/service.h"

#include <doctest/doctest.h>

#include "sandbar/control/sandboxes/test_world.h"

using namespace sandbar;
using namespace sandbar::control;
using sandboxes::test::World;

namespace {

Task<void> test_metrics(World& world, agents::FakeAgentClient&) {
  FakeClock clock(Time(std::chrono::hours(100)));
  metrics::MetricsService service(world.service, clock);
  auto sandbox = co_await world.service.create(world.actor, {});
  REQUIRE(sandbox);
  auto samples = co_await service.of_sandbox(world.actor, sandbox->id, "1h");
  REQUIRE(samples);
  CHECK(samples->front().at == Time(std::chrono::hours(99)));
  auto odd = co_await service.of_sandbox(world.actor, sandbox->id, "3h");
  CHECK(odd.error().code == Errc::invalid_request);
  auto destroyed = co_await world.service.destroy(world.actor, sandbox->id);
  REQUIRE(destroyed);
  auto late = co_await service.of_sandbox(world.actor, sandbox->id, "1h");
  CHECK(late.error().code == Errc::not_found);
}

}  // namespace

TEST_CASE("a sandbox's metrics come from its host, for a known range, while it exists") {
  sandboxes::test::with_world(test_metrics);
}
