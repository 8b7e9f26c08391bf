// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/quotas/service.h"

#include <doctest/doctest.h>

#include "sandbar/async/spawn.h"
#include "sandbar/async/timer.h"
#include "sandbar/async/together.h"
#include "sandbar/control/schema/test_schema.h"
#include "sandbar/log/log.h"
#include "sandbar/model/sandbox_state.h"

using namespace sandbar;
using namespace sandbar::control;
using namespace sandbar::control::quotas;

namespace {

constexpr pg::Statement<1> kInsertTeam{
    "test.team", "INSERT INTO teams (id, name, slug) VALUES ($1, 'Test', 'abcdef-123456')"};
constexpr pg::Statement<3> kInsertSandbox{"test.sandbox",
                                          "INSERT INTO sandboxes (id, team_id, template, status, vcpus, "
                                          "memory_mb, disk_mb) VALUES ($1, $2, 'base', "
                                          "$3, 2, 100, 1000)"};
constexpr pg::Statement<2> kInsertTemplate{
    "test.template", "INSERT INTO templates (id, team_id, name) VALUES (gen_random_uuid(), $1, $2)"};
constexpr pg::Statement<1> kMoveAll{"test.move_all", "UPDATE sandboxes SET status = $1"};
constexpr pg::Statement<0> kDeleteAll{"test.delete_all", "DELETE FROM sandboxes"};
constexpr pg::Statement<0> kDeleteTeam{"test.delete_team",
                                       "UPDATE teams SET deleted_at = now() WHERE name = 'Test'"};
constexpr pg::Statement<1> kTotals{
    "test.totals",
    "SELECT format('%s %s %s %s | %s %s %s | %s', sandboxes, vcpus, memory_mb, disk_mb, running, "
    "running_vcpus, "
    "running_memory_mb, paused_memory_mb) AS value FROM team_totals WHERE team_id = $1"};
constexpr pg::Statement<0> kEvents{
    "test.events", "SELECT count(*)::int AS value FROM audit_logs WHERE action = 'set_quotas'"};

struct World {
  World(pg::Database& db, Limits limits) : database(db), quotas(db, limits, refusals) {}

  pg::Database& database;
  Refusals refusals;
  QuotaService quotas;
  TeamId team = TeamId::random();
  access::Actor admin{.type = access::ActorType::user, .id = "usr-1", .name = "Pat"};

  Task<void> add_team() {
    auto made = co_await database.query(kInsertTeam, team);
    REQUIRE(made);
  }
  Task<Result<bool>> create_in(pg::Transaction& tx) {
    CO_TRY(auto holdings, co_await quotas.hold(tx, {team}));
    CO_TRY_VOID(quotas.admit_new(holdings, team, {2, 100, 1000}));
    CO_TRY_VOID(co_await tx.query(kInsertSandbox, SandboxId::random(), team, SandboxState::pending));
    co_return true;
  }
  Task<Result<bool>> create() { return database.transaction<bool>(std::bind_front(&World::create_in, this)); }
  Task<void> count_create(int& created) { created += (co_await create()).has_value() ? 1 : 0; }
  Task<Result<bool>> name_in(std::string name, pg::Transaction& tx) {
    CO_TRY_VOID(co_await tx.query(kInsertTemplate, team, name));
    CO_TRY_VOID(co_await quotas.admit_template(tx, team));
    co_return true;
  }
  Task<std::string> totals() {
    auto rows = co_await database.query(kTotals, team);
    co_return (*rows)[0].get<std::string>("value");
  }
};

Task<void> parallel(pg::Database& database) {
  World world(database, {.sandboxes = 7});
  co_await world.add_team();
  int created = 0;
  std::vector<Task<void>> all;
  for (int i = 0; i < 50; ++i) all.push_back(world.count_create(created));
  co_await run_together("creates", std::move(all));
  CHECK(created == 7);
  CHECK(world.refusals.count[0] == 43);
  auto refused = co_await world.create();
  CHECK(refused.error().code == Errc::quota_exceeded);
  CHECK(refused.error().message == "quota of sandboxes: the limit is 7, in use are 7");
  CHECK(co_await world.totals() == "7 14 700 7000 | 0 0 0 | 0");
}

Task<void> each_quota(pg::Database& database) {
  World world(database, {.vcpus = 3, .templates = 1});
  co_await world.add_team();
  CHECK(co_await world.create());
  auto refused = co_await world.create();
  CHECK(refused.error().message == "quota of vcpus: the limit is 3, in use are 2");
  CHECK(co_await world.quotas.set(world.admin, world.team, {.vcpus = 100, .memory_mb = 150}));
  refused = co_await world.create();
  CHECK(refused.error().message == "quota of memory_mb: the limit is 150, in use are 100");
  CHECK(co_await world.quotas.set(world.admin, world.team, {.vcpus = 100, .disk_mb = 1999}));
  refused = co_await world.create();
  CHECK(refused.error().message == "quota of disk_mb: the limit is 1999, in use are 1000");
  CHECK(co_await world.quotas.set(world.admin, world.team, {.vcpus = 100, .sandbox_memory_mb = 99}));
  refused = co_await world.create();
  CHECK(refused.error().message == "quota of sandbox_memory_mb: the limit is 99");
  auto named = [&](std::string name) {
    return world.database.transaction<bool>(std::bind_front(&World::name_in, &world, std::move(name)));
  };
  CHECK(co_await named("a"));
  refused = co_await named("b");
  CHECK(refused.error().message == "quota of templates: the limit is 1, in use are 1");
}

Task<void> overrides(pg::Database& database) {
  World world(database, {.sandboxes = 5});
  co_await world.add_team();
  auto quotas = co_await world.quotas.set(world.admin, world.team, {.sandboxes = 9});
  REQUIRE(quotas);
  CHECK(quotas->front().limit == 9);
  CHECK(!quotas->front().is_default);
  CHECK(co_await world.quotas.set(world.admin, world.team, {.sandboxes = 9}));
  quotas = co_await world.quotas.set(world.admin, world.team, {});
  CHECK(quotas->front().limit == 5);
  auto events = co_await database.query(kEvents);
  CHECK((*events)[0].get<int>("value") == 2);
  auto odd = co_await world.quotas.set(world.admin, world.team, {.vcpus = -1});
  CHECK(odd.error().code == Errc::invalid_request);
  auto unknown = co_await world.quotas.set(world.admin, TeamId::random(), {});
  CHECK(unknown.error().code == Errc::not_found);
  CHECK(co_await database.query(kDeleteTeam));
  auto deleted = co_await world.quotas.list(world.team);
  CHECK(deleted.error().code == Errc::not_found);
}

Task<Result<bool>> judge_several(World& world, pg::Transaction& tx) {
  CO_TRY(auto holdings, co_await world.quotas.hold(tx, {world.team, kPlatformTeam}));
  Demand small{1, 100, 1}, large{1, 901, 1};
  auto admit = [&](TeamId team, const Demand& demand) {
    return world.quotas.admit_new(holdings, team, demand);
  };
  CHECK(admit(world.team, small));
  CHECK(admit(world.team, large).error().message == "quota of memory_mb: the limit is 1000, in use are 200");
  CHECK(admit(kPlatformTeam, large));
  CHECK(admit(world.team, small));
  CHECK(admit(world.team, small));
  CHECK(admit(world.team, small).error().message == "quota of sandboxes: the limit is 4, in use are 4");
  co_return true;
}

Task<void> several_at_once(pg::Database& database) {
  World world(database, {.sandboxes = 4, .memory_mb = 1000});
  co_await world.add_team();
  CHECK(co_await world.create());
  CHECK(co_await database.transaction<bool>(std::bind_front(judge_several, std::ref(world))));
}

// The function shares_of() spells the states; this is where they are compared with the enum.
Task<void> totals(pg::Database& database) {
  World world(database, {});
  co_await world.add_team();
  std::vector<SandboxState> states = states_where([](SandboxState) { return true; });
  for (auto state : states) {
    CHECK(co_await database.query(kInsertSandbox, SandboxId::random(), world.team, SandboxState::pending));
    CHECK(co_await database.query(kMoveAll, state));
    bool live = holds_resources(state), paused = state == SandboxState::paused;
    bool runs = state == SandboxState::running || state == SandboxState::pausing;
    auto held = [](bool does, int amount) { return does ? amount : 0; };
    CAPTURE(enum_name(state));
    CHECK(co_await world.totals() == fmt::format("{} {} {} {} | {} {} {} | {}", held(live, 1),
                                                 held(live && !paused, 2), held(live && !paused, 100),
                                                 held(live, 1000), held(runs, 1), held(runs, 2),
                                                 held(runs, 100), held(paused, 100)));
    CHECK(co_await database.query(kDeleteAll));
    CHECK(co_await world.totals() == "0 0 0 0 | 0 0 0 | 0");
  }
}

constexpr pg::Statement<2> kInsertTeamNamed{"test.team_named",
                                            "INSERT INTO teams (id, name) VALUES ($1, $2)"};
constexpr pg::Statement<1> kLockTotals{"test.lock_totals",
                                       "SELECT FROM team_totals WHERE team_id = $1 FOR UPDATE"};
constexpr pg::Statement<0> kWaiting{"test.waiting",
                                    "SELECT count(*)::int AS value FROM pg_stat_activity "
                                    "WHERE wait_event_type = 'Lock' AND datname = current_database()"};
constexpr pg::Statement<1> kPause{"test.pause", "UPDATE sandboxes SET status = 'paused' WHERE id = ANY($1)"};

// A statement of its own connection, which nobody repeats.
Task<void> pause(pg::Database& database, std::vector<SandboxId> ids, int& done) {
  auto lane = co_await database.slow_lane();
  REQUIRE(lane);
  auto paused = co_await (*lane)->query(kPause, ids);
  if (!paused) FAIL_CHECK(log::describe(paused.error()));
  ++done;
}

// Two statements change sandboxes of the same two teams, each in an order of its own, and neither has begun
// to count when the other one begins.
Task<Result<bool>> pause_crosswise(pg::Database& database, std::vector<TeamId> teams, Supervisor& tasks,
                                   int& done, pg::Transaction& holder) {
  std::vector<SandboxId> ids;
  for (std::size_t team : {0u, 1u, 1u, 0u}) {
    ids.push_back(SandboxId::random());
    CO_TRY_VOID(co_await database.query(kInsertSandbox, ids.back(), teams[team], SandboxState::running));
  }
  CO_TRY_VOID(co_await holder.query(kLockTotals, teams[0]));
  tasks.spawn("pause", pause(database, {ids[0], ids[1]}, done));
  tasks.spawn("pause", pause(database, {ids[2], ids[3]}, done));
  for (int waiting = 0; waiting < 2; co_await sleep_for(std::chrono::milliseconds(2))) {
    CO_TRY(auto rows, co_await database.query(kWaiting));
    waiting = rows[0].get<int>("value");
  }
  co_return true;
}

Task<void> crosswise(pg::Database& database) {
  std::vector teams{TeamId::random(), TeamId::random()};
  std::ranges::sort(teams);
  for (auto team : teams) CHECK(co_await database.query(kInsertTeamNamed, team, std::string("Test")));
  Supervisor tasks(co_await boost::asio::this_coro::executor);
  int done = 0;
  auto body = std::bind_front(pause_crosswise, std::ref(database), teams, std::ref(tasks), std::ref(done));
  CHECK(co_await database.transaction<bool>(body));
  co_await tasks.drained();
  CHECK(done == 2);
  for (auto team : teams) {
    auto rows = co_await database.query(kTotals, team);
    CHECK((*rows)[0].get<std::string>("value") == "2 0 0 2000 | 0 0 0 | 200");
  }
}

}  // namespace

TEST_CASE("statements that change sandboxes of the same teams wait for each other in one order") {
  with_schema(crosswise);
}
TEST_CASE("of fifty creates at once exactly as many succeed as the quota allows") { with_schema(parallel); }
TEST_CASE("of several at once each is judged after those that were admitted before it") {
  with_schema(several_at_once);
}
TEST_CASE("every quota is enforced, and a refusal names quota, limit and use") { with_schema(each_quota); }
TEST_CASE("a team's own limits replace the installation's until they are taken back, and are audited") {
  with_schema(overrides);
}
TEST_CASE("limits of the installation are read from a setting") {
  auto limits = read_limits({"sandboxes=3", "sandbox_memory_mb=512"});
  REQUIRE(limits);
  CHECK(limits->sandboxes == 3);
  CHECK(limits->sandbox_memory_mb == 512);
  CHECK(limits->vcpus == Limits{}.vcpus);
  for (const auto* odd : {"sandboxes", "sandboxes=", "sandboxes=x", "sandboxes=-1", "boxes=1", "=1"})
    CHECK(!read_limits({odd}));
}
TEST_CASE("the totals of a team follow every status of its sandboxes") { with_schema(totals); }
