// SPDX-License-Identifier: Apache-2.0
#include "sandbar/agent/reaper.h"

#include "sandbar/agent/testing/fixture.h"

using namespace sandbar;
using namespace sandbar::agent;
using namespace sandbar::agent::testing;

namespace {

Task<SandboxId> create_with_timeout(Fixture& f, std::int64_t seconds, bool destroy = false) {
  auto spec = f.wanted();
  spec.timeout_s = seconds;
  spec.destroy_on_timeout = destroy;
  co_return co_await f.create(spec);
}

Task<void> settle(Fixture& f) {
  f.reaper().tick();
  co_await f.run_->tasks.drained();
}

Task<void> pauses_idle(Fixture& f) {
  auto id = co_await create_with_timeout(f, 60);
  auto never = co_await f.create();
  f.clock.advance(59s);
  co_await settle(f);
  CHECK(f.status(id) == Status::running);
  f.clock.advance(1s);
  co_await settle(f);
  CHECK(f.status(id) == Status::paused);
  CHECK(f.manager().find(id)->record().pause_cause == PauseCause::timeout);
  f.clock.advance(24h);
  co_await settle(f);
  CHECK(f.status(never) == Status::running);
}

Task<void> activity_holds(Fixture& f) {
  auto id = co_await create_with_timeout(f, 60);
  {
    Sandbox::Activity activity(f.manager().find(id));
    f.clock.advance(1h);
    co_await settle(f);
    CHECK(f.status(id) == Status::running);
  }
  f.clock.advance(59s);
  co_await settle(f);
  CHECK(f.status(id) == Status::running);
  CHECK(f.manager().set_timeout(id, {}).has_value());
  f.clock.advance(59s);
  co_await settle(f);
  CHECK(f.status(id) == Status::running);
  f.clock.advance(1s);
  co_await settle(f);
  CHECK(f.status(id) == Status::paused);
}

Task<void> destroys_if_asked(Fixture& f) {
  auto id = co_await create_with_timeout(f, 5, true);
  f.clock.advance(5s);
  co_await settle(f);
  CHECK_FALSE(f.manager().find(id));
  CHECK_FALSE(std::filesystem::exists(f.directory(id)));
}

Task<void> retries(Fixture& f) {
  auto id = co_await create_with_timeout(f, 5);
  f.machine.fail_pause = true;
  f.clock.advance(5s);
  co_await settle(f);
  CHECK(f.status(id) == Status::running);
  f.machine.fail_pause = false;
  co_await settle(f);
  CHECK(f.status(id) == Status::running);
  f.clock.advance(30s);
  co_await settle(f);
  CHECK(f.status(id) == Status::paused);
}

Task<void> restarted_timeout(Fixture& f) {
  auto id = co_await create_with_timeout(f, 60);
  co_await f.manager().pause(id, PauseCause::requested);
  f.clock.advance(1h);
  co_await settle(f);
  CHECK((co_await f.manager().resume(id, {}, Secret())).has_value());
  CHECK(f.manager().find(id)->report().expires_at == f.clock.now() + 60s);
  f.clock.advance(60s);
  co_await settle(f);
  CHECK(f.status(id) == Status::paused);
}

Task<void> samples(Fixture& f) {
  auto id = co_await f.create();
  for (int i = 0; i < 11; ++i) {
    co_await settle(f);
    f.clock.advance(1s);
  }
  auto points = f.manager().metrics(id, Time::min());
  REQUIRE(points.has_value());
  CHECK(points->size() == 2);
  CHECK(points->front().memory_bytes == 2000);
}

}  // namespace

TEST_CASE("a sandbox is paused when its timeout is over, one without timeout never") {
  Fixture().run(pauses_idle);
}
TEST_CASE("an open call holds the timer, its end and a new timeout restart it") {
  Fixture().run(activity_holds);
}
TEST_CASE("a sandbox that wants to be destroyed at its timeout is") { Fixture().run(destroys_if_asked); }
TEST_CASE("a sandbox that cannot be paused goes on and is tried again later") { Fixture().run(retries); }
TEST_CASE("the timeout counts anew after a resume") { Fixture().run(restarted_timeout); }
TEST_CASE("use is sampled every five seconds") { Fixture().run(samples); }
