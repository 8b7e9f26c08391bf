// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/sandboxes/create_rounds.h"

#include <doctest/doctest.h>

#include "sandbar/async/together.h"
#include "sandbar/control/sandboxes/test_world.h"

using namespace sandbar;
using namespace sandbar::control;
using namespace sandbar::control::sandboxes;
using sandbar::control::agents::FakeAgentClient;
using test::with_world;
using test::World;

namespace {

constexpr pg::Statement<0> kTransactions{"test.transactions",
                                         "SELECT count(DISTINCT xmin::text)::int AS value FROM audit_logs "
                                         "WHERE action = 'create'"};
constexpr pg::Statement<1> kDeleteTeam{"test.delete_team",
                                       "UPDATE teams SET deleted_at = now() WHERE id = $1"};

struct Outcome {
  int running = 0;
  std::vector<Errc> errors = {};
};

Task<void> create(World& world, access::Actor actor, NewSandbox wanted, Outcome& outcome) {
  auto made = co_await world.service.create(std::move(actor), std::move(wanted));
  if (made && made->status == SandboxState::running)
    ++outcome.running;
  else
    outcome.errors.push_back(made ? Errc::unknown : made.error().code);
}

Task<Outcome> create_at_once(World& world, NewSandbox wanted, int count) {
  Outcome outcome;
  std::vector<Task<void>> all;
  for (int i = 0; i < count; ++i) all.push_back(create(world, world.actor, wanted, outcome));
  co_await run_together("creates", std::move(all));
  co_return outcome;
}

// By turns with another team.
Task<std::pair<Outcome, Outcome>> create_with(World& world, access::Actor other, int each) {
  Outcome ours, theirs;
  std::vector<Task<void>> all;
  for (int i = 0; i < each; ++i) {
    all.push_back(create(world, other, {.memory_mb = 128}, theirs));
    all.push_back(create(world, world.actor, {.memory_mb = 128}, ours));
  }
  co_await run_together("creates", std::move(all));
  co_return std::pair(std::move(ours), std::move(theirs));
}

// The actor of a new team.
Task<access::Actor> make_team(World& world) {
  auto before = world.actor;
  co_await world.add_team();
  co_return std::exchange(world.actor, before);
}

Task<void> share_transactions(World& world, FakeAgentClient& first) {
  auto* second = co_await world.add_host();
  auto* third = co_await world.add_host();
  auto outcome = co_await create_at_once(world, {}, 9);
  CHECK(outcome.running == 9);
  for (auto* host : {&first, second, third}) CHECK(host->sandboxes.size() == 3);
  auto transactions = co_await world.db.query(kTransactions);
  CHECK((*transactions)[0].get<int>("value") <= 3);
}

Task<void> quota_of_one_team(World& world, FakeAgentClient&) {
  auto other = co_await make_team(world);
  CHECK(co_await world.quotas.set(world.actor, other.team->id, {.sandboxes = 2}));
  auto [ours, theirs] = co_await create_with(world, other, 4);
  CHECK(ours.running == 4);
  CHECK(theirs.running == 2);
  CHECK(theirs.errors == std::vector(2, Errc::quota_exceeded));
}

Task<void> trouble_of_one_team(World& world, FakeAgentClient&) {
  auto other = co_await make_team(world);
  CHECK(co_await world.db.query(kDeleteTeam, other.team->id));
  auto [ours, theirs] = co_await create_with(world, other, 3);
  CHECK(ours.running == 3);
  CHECK(theirs.errors == std::vector(3, Errc::forbidden));
}

// One host says of every sandbox what no row can hold.
Task<void> lies_of_one_host(World& world, FakeAgentClient&) {
  auto* liar = co_await world.add_host();
  liar->lie = [](agents::SandboxReport& report) { report.timeout_sec = -1; };
  auto outcome = co_await create_at_once(world, {.memory_mb = 128}, 6);
  CHECK(outcome.running == 3);
  CHECK(outcome.errors.size() == 3);
}

Task<Result<bool>> while_locked(World& world, access::Actor other, Outcome& theirs, pg::Transaction& tx) {
  CO_TRY_VOID(co_await world.quotas.hold(tx, {other.team->id}));
  world.tasks.spawn("creates of the locked team", create(world, other, {.memory_mb = 128}, theirs));
  Outcome ours;
  for (int i = 0; i < 2; ++i) co_await create(world, world.actor, {.memory_mb = 128}, ours);
  CHECK(ours.running == 2);
  CHECK(theirs.running == 0);
  co_return true;
}

// Its create keeps the host that it was given while it waits.
Task<void> locked_team(World& world, FakeAgentClient&) {
  co_await world.add_host();
  auto other = co_await make_team(world);
  Outcome theirs;
  auto body = std::bind_front(while_locked, std::ref(world), other, std::ref(theirs));
  CHECK(co_await world.db.transaction<bool>(body));
  co_await world.tasks.drained();
  CHECK(theirs.running == 1);
}

Task<void> more_than_there_is_room(World& world, FakeAgentClient& host) {
  auto outcome = co_await create_at_once(world, {.memory_mb = 4096}, 6);
  CHECK(outcome.running == 4);
  CHECK(host.sandboxes.size() == 4);
  CHECK(outcome.errors == std::vector(2, Errc::no_hosts_available));
}

}  // namespace

TEST_CASE("creates at once go around the hosts and share transactions") { with_world(share_transactions); }
TEST_CASE("one team's quota does not touch another's creates at that moment") {
  with_world(quota_of_one_team);
}
TEST_CASE("a create that cannot be written does not fail those of its round") {
  with_world(trouble_of_one_team);
}
TEST_CASE("a host that tells nonsense does not fail what other hosts have started") {
  with_world(lies_of_one_host);
}
TEST_CASE("a team whose totals are locked for long holds up nobody else while there is a free host") {
  with_world(locked_team);
}
TEST_CASE("creates at once are promised no more than a host has") { with_world(more_than_there_is_room); }
