// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/sandboxes/service.h"

#include <doctest/doctest.h>

#include "sandbar/control/sandboxes/store.h"
#include "sandbar/control/sandboxes/test_world.h"
#include "sandbar/log/log.h"

using namespace sandbar;
using namespace sandbar::control::sandboxes;
using sandbar::control::agents::FakeAgentClient;
using test::with_world;
using test::World;
using Names = std::vector<std::string>;

namespace {

Error trouble(Errc code) { return Error{code, "trouble", ""}; }

Task<Sandbox> make(World& world) {
  auto sandbox = co_await world.service.create(world.actor, {});
  if (!sandbox) FAIL(log::describe(sandbox.error()));
  co_return *sandbox;
}

Task<SandboxState> status_of(World& world, SandboxId id) {
  auto sandbox = co_await world.service.get(world.actor, id);
  REQUIRE(sandbox);
  co_return sandbox->status;
}

Task<void> test_create(World& world, FakeAgentClient& host) {
  NewSandbox wanted{.timeout_sec = 60, .metadata = {{"a", "b"}}};
  auto made = co_await world.service.create(world.actor, wanted);
  REQUIRE(made);
  CHECK(made->status == SandboxState::running);
  CHECK(made->template_ == "base");
  CHECK(made->started_at.has_value());
  CHECK(made->metadata.at("a") == "b");
  CHECK(made->timeout_sec == 60);
  CHECK(host.calls == Names{"create " + made->id.str()});
  auto audit = co_await world.audit_of(made->id);
  CHECK(audit == Names{"create success"});
}

// The reconciler asks the host while the request still waits for its answer.
Task<void> settle_to(World& world, SandboxState to, SandboxId id) {
  auto moved = co_await move_any_team(world.db, id, to, "its request took long");
  CHECK(moved.has_value());
}

auto settled_by(World& world, SandboxState to) { return std::bind_front(settle_to, std::ref(world), to); }

Task<void> test_settled_meanwhile(World& world, FakeAgentClient& host) {
  host.meanwhile = settled_by(world, SandboxState::running);
  auto sandbox = co_await make(world);
  CHECK(sandbox.status == SandboxState::running);
  host.meanwhile = settled_by(world, SandboxState::paused);
  auto paused = co_await world.service.pause(world.actor, sandbox.id);
  REQUIRE(paused);
  CHECK(paused->status == SandboxState::paused);
  host.meanwhile = settled_by(world, SandboxState::running);
  auto resumed = co_await world.service.resume(world.actor, sandbox.id);
  REQUIRE(resumed);
  CHECK(resumed->status == SandboxState::running);
  CHECK(host.sandboxes.size() == 1);
  auto audit = co_await world.audit_of(sandbox.id);
  CHECK(audit == Names{"create success", "pause success", "resume success"});
}

Task<void> come_back_as(World& world, SandboxState to, SandboxId id) {
  CHECK(co_await move_any_team(world.db, id, SandboxState::missing, "host silent"));
  CHECK(co_await move_any_team(world.db, id, to, std::string(kHostBack)));
}

Task<void> test_outage_meanwhile(World& world, FakeAgentClient& host) {
  host.meanwhile = std::bind_front(come_back_as, std::ref(world), SandboxState::running);
  auto sandbox = co_await make(world);
  host.meanwhile = std::bind_front(come_back_as, std::ref(world), SandboxState::paused);
  REQUIRE(co_await world.service.pause(world.actor, sandbox.id));
  host.meanwhile = std::bind_front(come_back_as, std::ref(world), SandboxState::running);
  REQUIRE(co_await world.service.resume(world.actor, sandbox.id));
  auto audit = co_await world.audit_of(sandbox.id);
  CHECK(audit == Names{"create success", "pause success", "resume success"});
}

Task<void> test_destroyed_meanwhile(World& world, FakeAgentClient& host) {
  host.meanwhile = settled_by(world, SandboxState::stopping);
  auto made = co_await world.service.create(world.actor, {});
  CHECK(made.error().code == Errc::invalid_state);
  co_await world.tasks.drained();
  CHECK(host.sandboxes.empty());
}

// As when the database crashes before the first transaction of a create is on the disk.
Task<void> forget(World& world, SandboxId id) {
  auto gone = co_await world.db.run_script("DELETE FROM sandboxes WHERE id = '" + id.uuid().str() + "'");
  CHECK(gone.has_value());
}

Task<void> test_row_lost_meanwhile(World& world, FakeAgentClient& host) {
  host.meanwhile = std::bind_front(forget, std::ref(world));
  auto made = co_await world.service.create(world.actor, {});
  CHECK(made.error().code == Errc::unavailable);
  co_await world.tasks.drained();
  CHECK(host.sandboxes.empty());
}

Task<void> test_create_without_hosts(World& world, FakeAgentClient& host) {
  auto removed = co_await world.db.run_script("UPDATE hosts SET status = 'unreachable'");
  REQUIRE(removed);
  auto made = co_await world.service.create(world.actor, {});
  CHECK(made.error().code == Errc::no_hosts_available);
  CHECK(host.calls.empty());
  auto rows = co_await world.db.query(test::kCountRows, world.actor.team->id);
  CHECK((*rows)[0].get<std::int64_t>("n") == 0);
}

Task<void> test_create_unknown_template(World& world, FakeAgentClient&) {
  auto unknown = co_await world.service.create(world.actor, {.template_ = "nothing"});
  CHECK(unknown.error().code == Errc::not_found);
  auto wrong = co_await world.service.create(world.actor, {.template_ = "a/b"});
  CHECK(wrong.error().code == Errc::invalid_request);
}

Task<void> test_create_failure(World& world, FakeAgentClient& host) {
  host.failures = {trouble(Errc::agent_error)};
  auto made = co_await world.service.create(world.actor, {});
  CHECK(made.error().code == Errc::agent_error);
  co_await world.tasks.drained();
  REQUIRE(host.calls.size() == 2);
  auto id = *SandboxId::parse(host.calls[0].substr(7));
  CHECK(host.calls[1] == "destroy " + id.str());
  auto status = co_await status_of(world, id);
  CHECK(status == SandboxState::error);
  auto listed = co_await world.service.list({.team_id = world.actor.team->id});
  CHECK(listed->items.empty());
  auto audit = co_await world.audit_of(id);
  CHECK(audit.empty());
}

Task<void> test_create_next_host(World& world, FakeAgentClient& first) {
  auto* second = co_await world.add_host();
  first.failures = {trouble(Errc::host_unavailable)};
  auto made = co_await world.service.create(world.actor, {});
  REQUIRE(made);
  CHECK(made->status == SandboxState::running);
  co_await world.tasks.drained();
  CHECK(first.calls == Names{"create " + made->id.str(), "destroy " + made->id.str()});
  CHECK(second->calls.size() == 1);
  CHECK(world.hosts.at(*made->host_id).get() == second);
}

Task<void> test_rotation(World& world, FakeAgentClient& first) {
  auto* second = co_await world.add_host();
  auto* third = co_await world.add_host();
  for (int i = 0; i < 6; ++i) co_await make(world);
  CHECK(first.calls.size() == 2);
  CHECK(second->calls.size() == 2);
  CHECK(third->calls.size() == 2);
}

Task<void> test_other_team(World& world, FakeAgentClient&) {
  auto sandbox = co_await make(world);
  co_await world.add_team();
  auto seen = co_await world.service.get(world.actor, sandbox.id);
  auto paused = co_await world.service.pause(world.actor, sandbox.id);
  auto destroyed = co_await world.service.destroy(world.actor, sandbox.id);
  auto entered = co_await world.service.enter(world.actor, sandbox.id);
  CHECK(seen.error().code == Errc::not_found);
  CHECK(paused.error().code == Errc::not_found);
  CHECK(destroyed.error().code == Errc::not_found);
  CHECK(entered.error().code == Errc::not_found);
}

Task<void> test_pause_and_resume(World& world, FakeAgentClient& host) {
  auto sandbox = co_await make(world);
  auto paused = co_await world.service.pause(world.actor, sandbox.id);
  REQUIRE(paused);
  CHECK(paused->status == SandboxState::paused);
  auto twice = co_await world.service.pause(world.actor, sandbox.id);
  CHECK(twice.error().code == Errc::invalid_state);
  auto entered = co_await world.service.enter(world.actor, sandbox.id);
  CHECK(entered.error().code == Errc::invalid_state);
  auto resumed = co_await world.service.resume(world.actor, sandbox.id);
  REQUIRE(resumed);
  CHECK(resumed->status == SandboxState::running);
  CHECK(host.sandboxes.at(sandbox.id).state == SandboxState::running);
  auto audit = co_await world.audit_of(sandbox.id);
  CHECK(audit == Names{"create success", "pause success", "resume success"});
}

Task<void> test_failed_pause(World& world, FakeAgentClient& host) {
  auto sandbox = co_await make(world);
  for (auto code : {Errc::host_unavailable, Errc::agent_error, Errc::deadline_exceeded}) {
    host.failures = {trouble(code)};
    auto paused = co_await world.service.pause(world.actor, sandbox.id);
    CHECK(paused.error().code == code);
    auto status = co_await status_of(world, sandbox.id);
    CHECK(status == SandboxState::running);
  }
}

Task<void> test_pause_whose_answer_was_lost(World& world, FakeAgentClient& host) {
  auto sandbox = co_await make(world);
  host.sandboxes.at(sandbox.id).state = SandboxState::paused;
  host.failures = {trouble(Errc::deadline_exceeded)};
  auto paused = co_await world.service.pause(world.actor, sandbox.id);
  REQUIRE(paused);
  CHECK(paused->status == SandboxState::paused);
  auto audit = co_await world.audit_of(sandbox.id);
  CHECK(audit == Names{"create success", "pause success"});
}

Task<void> test_pause_of_a_lost_sandbox(World& world, FakeAgentClient& host) {
  auto sandbox = co_await make(world);
  host.sandboxes.clear();
  auto paused = co_await world.service.pause(world.actor, sandbox.id);
  CHECK(paused.error().code == Errc::invalid_state);
  auto status = co_await status_of(world, sandbox.id);
  CHECK(status == SandboxState::stopped);
}

Task<void> test_destroy(World& world, FakeAgentClient& host) {
  auto sandbox = co_await make(world);
  for (int i = 0; i < 2; ++i) {
    auto destroyed = co_await world.service.destroy(world.actor, sandbox.id);
    CHECK(destroyed.has_value());
  }
  auto row = co_await world.service.get(world.actor, sandbox.id);
  CHECK(row->status == SandboxState::stopped);
  CHECK(row->stopped_at.has_value());
  CHECK(host.sandboxes.empty());
  auto audit = co_await world.audit_of(sandbox.id);
  CHECK(audit == Names{"create success", "destroy warning"});
}

Task<void> test_destroy_while_host_is_away(World& world, FakeAgentClient& host) {
  auto sandbox = co_await make(world);
  host.failures = {trouble(Errc::host_unavailable)};
  auto destroyed = co_await world.service.destroy(world.actor, sandbox.id);
  CHECK(destroyed.has_value());
  auto status = co_await status_of(world, sandbox.id);
  CHECK(status == SandboxState::stopping);
}

Task<void> test_timeout(World& world, FakeAgentClient& host) {
  auto sandbox = co_await make(world);
  auto changed = co_await world.service.set_timeout(world.actor, sandbox.id, 30);
  REQUIRE(changed);
  CHECK(changed->timeout_sec == 30);
  CHECK(host.sandboxes.at(sandbox.id).timeout_sec == 30);
  auto pinged = co_await world.service.set_timeout(world.actor, sandbox.id, std::nullopt);
  CHECK(pinged->timeout_sec == 30);
  auto negative = co_await world.service.set_timeout(world.actor, sandbox.id, -1);
  CHECK(negative.error().code == Errc::invalid_request);
  auto paused = co_await world.service.pause(world.actor, sandbox.id);
  REQUIRE(paused);
  auto late = co_await world.service.set_timeout(world.actor, sandbox.id, std::nullopt);
  CHECK(late.error().code == Errc::invalid_state);
}

Task<void> test_list(World& world, FakeAgentClient&) {
  std::vector<SandboxId> made;
  for (int i = 0; i < 5; ++i) {
    auto sandbox = co_await make(world);
    made.insert(made.begin(), sandbox.id);
  }
  std::vector<SandboxId> seen;
  ListSandboxes list{.team_id = world.actor.team->id, .limit = 2};
  for (;;) {
    auto page = co_await world.service.list(list);
    REQUIRE(page);
    for (const auto& item : page->items) seen.push_back(item.id);
    if (!page->next_cursor) break;
    list.cursor = page->next_cursor;
  }
  CHECK(seen == made);
  auto gone = co_await world.service.destroy(world.actor, made[0]);
  REQUIRE(gone);
  auto live = co_await world.service.list({.team_id = world.actor.team->id});
  CHECK(live->items.size() == 4);
  auto stopped =
      co_await world.service.list({.team_id = world.actor.team->id, .statuses = {SandboxState::stopped}});
  CHECK(stopped->items.size() == 1);
  auto none = co_await world.service.list({.team_id = world.actor.team->id, .limit = 0});
  CHECK(none.error().code == Errc::invalid_request);
}

}  // namespace

TEST_CASE("a sandbox whose row the database has lost is removed from its host") {
  with_world(test_row_lost_meanwhile);
}
TEST_CASE("a created sandbox runs, and its creation is recorded") { with_world(test_create); }
TEST_CASE("what the reconciler settled first is what the request answers, and nothing is destroyed") {
  with_world(test_settled_meanwhile);
}
TEST_CASE("a request that outlasts an outage of its host is recorded once, as its caller's") {
  with_world(test_outage_meanwhile);
}
TEST_CASE("a sandbox that was destroyed while it started does not stay") {
  with_world(test_destroyed_meanwhile);
}
TEST_CASE("without a host nothing is created and no row is left") { with_world(test_create_without_hosts); }
TEST_CASE("an unknown template is not found, a malformed name is refused") {
  with_world(test_create_unknown_template);
}
TEST_CASE("a sandbox that could not start is marked, cleaned up and not listed") {
  with_world(test_create_failure);
}
TEST_CASE("an unreachable host is passed over for the next") { with_world(test_create_next_host); }
TEST_CASE("six sandboxes go to three hosts two by two") { with_world(test_rotation); }
TEST_CASE("another team's sandbox is not found, whatever is asked of it") { with_world(test_other_team); }
TEST_CASE("a sandbox is paused once and resumed, both recorded") { with_world(test_pause_and_resume); }
TEST_CASE("a pause that failed leaves the sandbox running") { with_world(test_failed_pause); }
TEST_CASE("a pause whose answer was lost is found out by asking, and succeeds") {
  with_world(test_pause_whose_answer_was_lost);
}
TEST_CASE("a sandbox that its host does not know is stopped") { with_world(test_pause_of_a_lost_sandbox); }
TEST_CASE("destroying twice succeeds twice and is recorded once") { with_world(test_destroy); }
TEST_CASE("a destroy is remembered while the host is away") { with_world(test_destroy_while_host_is_away); }
TEST_CASE("a timeout is changed on the host and in the row, a ping changes nothing else") {
  with_world(test_timeout);
}
TEST_CASE("sandboxes are listed page by page, newest first, without the stopped ones") {
  with_world(test_list);
}
