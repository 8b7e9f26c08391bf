// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/sandboxes/store.h"

#include <doctest/doctest.h>

#include "sandbar/control/sandboxes/test_world.h"

using namespace sandbar;
using namespace sandbar::control::sandboxes;
using sandbar::control::agents::FakeAgentClient;
using test::World;

namespace {

Task<void> test_moves(World& world, FakeAgentClient&) {
  Sandbox row{.id = SandboxId::random(),
              .team_id = world.actor.team->id,
              .template_ = "base",
              .vcpus = 1,
              .memory_mb = 1,
              .disk_mb = 1};
  auto inserted = co_await insert_sandboxes_any_team(world.db, {row});
  REQUIRE(inserted);
  auto skipped = co_await move_any_team(world.db, row.id, SandboxState::paused, "x");
  CHECK(skipped.error().code == Errc::invalid_state);
  for (auto to :
       {SandboxState::starting, SandboxState::running, SandboxState::stopping, SandboxState::stopped}) {
    auto moved = co_await move_any_team(world.db, row.id, to, "because");
    CHECK(moved.has_value());
  }
  for (auto to : states_where([](SandboxState) { return true; })) {
    auto moved = co_await move_any_team(world.db, row.id, to, "x");
    CHECK_MESSAGE(!moved, enum_name(to));
  }
  auto final = co_await get_sandbox(world.db, row.team_id, row.id);
  CHECK(final->status_cause == "because");
}

Task<void> test_cursor(World& world, FakeAgentClient&) {
  auto forged = co_await list_sandboxes(world.db, {.team_id = world.actor.team->id, .cursor = "x' OR 1=1"});
  CHECK(forged.error().code == Errc::invalid_request);
}

}  // namespace

TEST_CASE("a row moves only along the transition table, and never from stopped") {
  test::with_world(test_moves);
}
TEST_CASE("a forged cursor is refused") { test::with_world(test_cursor); }
