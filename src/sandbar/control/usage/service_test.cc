// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/usage/service.h"

#include <doctest/doctest.h>

#include "sandbar/async/together.h"
#include "sandbar/control/schema/test_schema.h"

using namespace sandbar;
using namespace sandbar::control;
using namespace sandbar::control::usage;

namespace {

constexpr pg::Statement<1> kInsertTeam{
    "test.team", "INSERT INTO teams (id, name, slug) VALUES ($1, 'Test', 'abcdef-123456')"};
constexpr pg::Statement<1> kInsertSandbox{
    "test.sandbox",
    "INSERT INTO sandboxes (id, team_id, template, status, vcpus, memory_mb, disk_mb) VALUES "
    "(gen_random_uuid(), $1, 'base', 'running', 2, 100, 1000)"};
constexpr pg::Statement<1> kMoveAll{"test.move_all", "UPDATE sandboxes SET status = $1"};
constexpr pg::Statement<1> kAge{"test.age", "UPDATE team_totals SET accrued_at = $1::text::timestamptz"};
constexpr pg::Statement<0> kSamples{"test.samples",
                                    "SELECT count(*)::int AS value FROM sandbox_metrics_snapshots"};
constexpr pg::Statement<0> kAgeSamples{
    "test.age_samples", "UPDATE sandbox_metrics_snapshots SET sampled_at = sampled_at - interval '61 days'"};

struct World {
  explicit World(pg::Database& db) : database(db) {}
  pg::Database& database;
  SystemClock clock;
  UsageService usage{database, clock, {.sample_period = std::chrono::hours(1)}};
  TeamId team = TeamId::random();
  std::chrono::sys_days today = std::chrono::floor<std::chrono::days>(clock.now());

  Task<void> start() {
    auto made = co_await database.query(kInsertTeam, team);
    REQUIRE(made);
    made = co_await database.query(kInsertSandbox, team);
    REQUIRE(made);
  }
  Task<Result<std::vector<DayUsage>>> days() {
    return usage.days(team, {today - std::chrono::days(3), today});
  }
  Task<void> read_days() {
    auto read = co_await days();
    CHECK(read);
  }
};

constexpr double kDay = 86400;

Task<void> across_days(pg::Database& database) {
  World world(database);
  co_await world.start();
  CHECK(co_await database.query(kAge, day_text(world.today - std::chrono::days(2)) + "T18:00:00Z"));
  auto days = co_await world.days();
  REQUIRE(days);
  REQUIRE(days->size() == 4);
  CHECK((*days)[0].sandbox_seconds == 0);
  CHECK((*days)[1].sandbox_seconds == doctest::Approx(kDay / 4));
  CHECK((*days)[2].sandbox_seconds == doctest::Approx(kDay));
  CHECK((*days)[2].vcpu_seconds == doctest::Approx(2 * kDay));
  CHECK((*days)[2].memory_mib_seconds == doctest::Approx(100 * kDay));
  CHECK((*days)[2].disk_mib_seconds == doctest::Approx(1000 * kDay));
  CHECK((*days)[2].peak_running == 1);
  CHECK((*days)[3].sandbox_seconds > 0);
}

Task<void> paused(pg::Database& database) {
  World world(database);
  co_await world.start();
  CHECK(co_await database.query(kMoveAll, std::string("paused")));
  CHECK(co_await database.query(kAge, day_text(world.today - std::chrono::days(1)) + "T00:00:00Z"));
  auto days = co_await world.days();
  CHECK((*days)[2].sandbox_seconds == 0);
  CHECK((*days)[2].disk_mib_seconds == doctest::Approx(1000 * kDay));
  CHECK(co_await database.query(kMoveAll, std::string("stopped")));
  CHECK(co_await database.query(kAge, day_text(world.today - std::chrono::days(1)) + "T00:00:00Z"));
  auto later = co_await world.days();
  CHECK((*later)[2].disk_mib_seconds == (*days)[2].disk_mib_seconds);
}

Task<void> counted_once(pg::Database& database) {
  World world(database);
  co_await world.start();
  CHECK(co_await database.query(kAge, day_text(world.today - std::chrono::days(1)) + "T00:00:00Z"));
  std::vector<Task<void>> all;
  for (int i = 0; i < 20; ++i) all.push_back(world.read_days());
  co_await run_together("reads", std::move(all));
  auto days = co_await world.days();
  CHECK((*days)[2].sandbox_seconds == doctest::Approx(kDay));
}

Task<void> samples(pg::Database& database) {
  World world(database);
  co_await world.start();
  UsageService other(database, world.clock, {.sample_period = std::chrono::hours(1)});
  CHECK(*co_await world.usage.sample() == 1);
  CHECK(*co_await other.sample() + *co_await world.usage.sample() <= 1);
  auto stats = co_await world.usage.stats(world.team, "30d");
  REQUIRE(stats);
  CHECK(stats->current.running_count == 1);
  CHECK(stats->peaks.vcpus_reserved == 2);
  CHECK(stats->series.labels.size() == 120);
  CHECK(stats->series.memory_mb.back() == 100);
  CHECK(co_await database.query(kMoveAll, std::string("paused")));
  stats = co_await world.usage.stats(world.team, "1h");
  CHECK(stats->current.running_count == 0);
  CHECK(stats->current.memory_mb_reserved == 50);
  CHECK(stats->peaks.running_count == 1);
  CHECK(stats->peaks.memory_mb_reserved == 100);
  auto odd = co_await world.usage.stats(world.team, "2h");
  CHECK(odd.error().code == Errc::invalid_request);
  CHECK(*co_await world.usage.prune() == 0);
  CHECK(co_await database.query(kAgeSamples));
  CHECK(*co_await world.usage.prune() >= 1);
  auto rows = co_await database.query(kSamples);
  CHECK((*rows)[0].get<int>("value") == 0);
}

}  // namespace

TEST_CASE("what runs is counted on the day it ran, over any number of days without anybody looking") {
  with_schema(across_days);
}
TEST_CASE("a paused sandbox uses its disk, a stopped one nothing") { with_schema(paused); }
TEST_CASE("C16: usage is counted once, however many ask at the same time") { with_schema(counted_once); }
TEST_CASE("C16: two replicas take one sample for each period, and old samples are pruned") {
  with_schema(samples);
}
