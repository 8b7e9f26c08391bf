// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/snapshots/service.h"

#include <doctest/doctest.h>

#include "sandbar/control/sandboxes/test_world.h"

using namespace sandbar;
using namespace sandbar::control;
using agents::FakeAgentClient;
using sandboxes::test::World;

namespace {

struct Bench {
  World& world;
  snapshots::SnapshotService service{
      {world.db, world.service, world.templates, world.agents, world.tasks, world.quotas}};

  Task<SandboxId> sandbox(std::string from = "base") {
    auto made = co_await world.service.create(world.actor, {.template_ = std::move(from)});
    REQUIRE(made);
    co_return made->id;
  }
};

Task<void> test_create(World& world, FakeAgentClient& host) {
  Bench bench{world};
  auto sandbox = co_await bench.sandbox();
  auto made = co_await bench.service.create(world.actor, {sandbox, "py3.12_x-1"});
  REQUIRE(made);
  CHECK(made->status == TemplateState::ready);
  CHECK(made->size_bytes == 4096);
  CHECK(host.templates.contains(made->id));
  auto source = co_await world.service.get(world.actor, sandbox);
  CHECK(source->status == SandboxState::running);
  auto child = co_await world.service.create(world.actor, {.template_ = "py3.12_x-1", .memory_mb = 9999});
  REQUIRE(child);
  CHECK(child->memory_mb == source->memory_mb);
  auto twice = co_await bench.service.create(world.actor, {sandbox, "py3.12_x-1"});
  CHECK(twice.error().code == Errc::already_exists);
  auto wrong = co_await bench.service.create(world.actor, {sandbox, ".."});
  CHECK(wrong.error().code == Errc::invalid_request);
  auto unnamed = co_await bench.service.create(world.actor, {sandbox, std::nullopt});
  CHECK(unnamed->name.starts_with("template-"));
}

Task<void> test_wrong_state(World& world, FakeAgentClient&) {
  Bench bench{world};
  auto sandbox = co_await bench.sandbox();
  auto destroyed = co_await world.service.destroy(world.actor, sandbox);
  REQUIRE(destroyed);
  auto made = co_await bench.service.create(world.actor, {sandbox, "late"});
  CHECK(made.error().code == Errc::invalid_state);
}

Task<void> test_failure(World& world, FakeAgentClient& host) {
  Bench bench{world};
  auto sandbox = co_await bench.sandbox();
  host.failures = {Error{Errc::no_space, "full", ""}};
  auto made = co_await bench.service.create(world.actor, {sandbox, "again"});
  CHECK(made.error().code == Errc::no_space);
  co_await world.tasks.drained();
  auto retried = co_await bench.service.create(world.actor, {sandbox, "again"});
  CHECK(retried.has_value());
}

Task<void> test_remove(World& world, FakeAgentClient& host) {
  Bench bench{world};
  auto sandbox = co_await bench.sandbox();
  auto made = co_await bench.service.create(world.actor, {sandbox, "gone"});
  REQUIRE(made);
  auto child = co_await bench.sandbox("gone");
  auto used = co_await bench.service.remove(world.actor, "gone");
  CHECK(used.error().code == Errc::template_in_use);
  auto destroyed = co_await world.service.destroy(world.actor, child);
  REQUIRE(destroyed);

  host.failures = {Error{Errc::host_unavailable, "away", ""}};
  auto removed = co_await bench.service.remove(world.actor, "gone");
  REQUIRE(removed);
  co_await world.tasks.drained();
  CHECK(host.templates.contains(made->id));
  auto listed =
      co_await bench.service.list({.team_id = world.actor.team->id, .type = TemplateType::snapshot});
  CHECK(listed->items.empty());
  auto later = co_await bench.service.finish_removals();
  REQUIRE(later);
  CHECK(!host.templates.contains(made->id));
  auto calls = host.calls.size();
  auto done = co_await bench.service.finish_removals();
  REQUIRE(done);
  CHECK(host.calls.size() == calls);
}

Task<void> test_foreign(World& world, FakeAgentClient&) {
  Bench bench{world};
  auto sandbox = co_await bench.sandbox();
  auto made = co_await bench.service.create(world.actor, {sandbox, "mine"});
  REQUIRE(made);
  auto platform = co_await bench.service.remove(world.actor, "base");
  CHECK(platform.error().code == Errc::forbidden);
  co_await world.add_team();
  auto foreign = co_await bench.service.remove(world.actor, "mine");
  CHECK(foreign.error().code == Errc::not_found);
  auto stolen = co_await bench.service.create(world.actor, {sandbox, "theirs"});
  CHECK(stolen.error().code == Errc::not_found);
}

Task<void> test_overwrite(World& world, FakeAgentClient& host) {
  Bench bench{world};
  auto sandbox = co_await bench.sandbox();
  auto first = co_await bench.service.create(world.actor, {sandbox, "py"});
  REQUIRE(first);
  auto child = co_await bench.sandbox("py");
  host.failures = {Error{Errc::no_space, "full", ""}};
  auto failed = co_await bench.service.create(world.actor, {sandbox, "py", templates::IfTaken::replace});
  CHECK(failed.error().code == Errc::no_space);
  auto kept = co_await world.templates.resolve(world.actor.team->id, "py");
  CHECK(kept->id == first->id);
  auto second = co_await bench.service.create(world.actor, {sandbox, "py", templates::IfTaken::replace});
  REQUIRE(second);
  auto current = co_await world.templates.resolve(world.actor.team->id, "py");
  CHECK(current->id == second->id);
  co_await world.tasks.drained();
  CHECK(host.templates.contains(first->id));  // the child may be paused, and needs it to come back
  auto destroyed = co_await world.service.destroy(world.actor, child);
  REQUIRE(destroyed);
  auto later = co_await bench.service.finish_removals();
  REQUIRE(later);
  CHECK(!host.templates.contains(first->id));
  CHECK(host.templates.contains(second->id));
}

}  // namespace

TEST_CASE("a snapshot is made while its sandbox goes on, and sandboxes start from it with its sizes") {
  sandboxes::test::with_world(test_create);
}
TEST_CASE("only a running or paused sandbox has a snapshot") {
  sandboxes::test::with_world(test_wrong_state);
}
TEST_CASE("a failed snapshot leaves nothing, not even its name") {
  sandboxes::test::with_world(test_failure);
}
TEST_CASE("a removed snapshot disappears at once, and from a host that was away later") {
  sandboxes::test::with_world(test_remove);
}
TEST_CASE("SN-1: an overwritten snapshot goes after the new one is there, and not if that fails") {
  sandboxes::test::with_world(test_overwrite);
}
TEST_CASE("the platform's and other teams' templates cannot be removed") {
  sandboxes::test::with_world(test_foreign);
}
