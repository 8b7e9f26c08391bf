// SPDX-License-Identifier: Apache-2.0
#include "sandbar/pg/migrate.h"

#include <doctest/doctest.h>

#include "sandbar/async/spawn.h"
#include "sandbar/log/log.h"
#include "sandbar/pg/test_database.h"

using namespace sandbar;
using namespace sandbar::pg;

namespace {

constexpr Migration kFirst{1, "0001_first",
                           "CREATE TABLE a (id int); INSERT INTO a VALUES (1); -- $x$ 'quoted'\n"};
constexpr Migration kSecond{2, "0002_second", "ALTER TABLE a ADD COLUMN b int DEFAULT 7;"};
constexpr Migration kBroken{2, "0002_broken", "CREATE TABLE c (id int); SELEKT 1;"};
constexpr Migration kBoth[] = {kFirst, kSecond};
constexpr Migration kHalfBroken[] = {kFirst, kBroken};

constexpr Statement<0> kApplied{"applied",
                                "SELECT count(*) AS n, max(version) AS newest FROM schema_migrations"};
constexpr Statement<0> kSum{"sum", "SELECT sum(b)::int AS sum FROM a"};
constexpr Statement<0> kHasTables{"has_tables", "SELECT to_regclass('a') IS NOT NULL AS any"};

Task<void> migrate_once(Database& database, int& ok) {
  auto done = co_await migrate(database, {kBoth});
  if (done) ++ok;
}

Task<void> at_once(Database& database) {
  Supervisor tasks(co_await boost::asio::this_coro::executor);
  int ok = 0;
  for (int i = 0; i < 5; ++i) tasks.spawn("migrate", migrate_once(database, ok));
  co_await tasks.drained();
  CHECK(ok == 5);
  auto applied = co_await database.query(kApplied);
  CHECK((*applied)[0].get<int>("n") == 2);
  auto sum = co_await database.query(kSum);
  CHECK((*sum)[0].get<int>("sum") == 7);
}

Task<void> failing(Database& database) {
  auto failed = co_await migrate(database, {kHalfBroken});
  CHECK(!failed);
  auto tables = co_await database.query(kHasTables);
  CHECK(!(*tables)[0].get<bool>("any"));
}

// Each application is one row of `log`.
constexpr std::string_view kRoutines =
    "CREATE TABLE IF NOT EXISTS log (n int); INSERT INTO log VALUES (1);"
    "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$;";
constexpr std::string_view kOtherRoutines =
    "INSERT INTO log VALUES (2);"
    "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 2 $$;";
constexpr Statement<0> kCall{"call", "SELECT format('%s of %s', f(), count(*)) AS value FROM log"};

Task<std::string> seen(Database& database) {
  auto rows = co_await database.query(kCall);
  co_return rows ? (*rows)[0].get<std::string>("value") : log::describe(rows.error());
}

Task<void> routines(Database& database) {
  CHECK(co_await migrate(database, {kBoth, kRoutines}));
  CHECK(co_await migrate(database, {kBoth, kRoutines}));
  CHECK(co_await seen(database) == "1 of 1");
  CHECK(co_await migrate(database, {kBoth, kOtherRoutines}));
  CHECK(co_await seen(database) == "2 of 2");
  CHECK(!co_await migrate(database, {kBoth, "INSERT INTO log VALUES (3); SELEKT 1;"}));
  CHECK(co_await seen(database) == "2 of 2");
}

Task<void> newer(Database& database) {
  CHECK(co_await migrate(database, {kBoth}));
  auto refused = co_await migrate(database, {{kBoth, 1}});
  REQUIRE(!refused);
  CHECK(refused.error().detail.contains("newer than this program"));
}

}  // namespace

TEST_CASE("five programs that migrate at once apply each migration once") { with_database(at_once); }
TEST_CASE("a migration that fails leaves nothing behind") { with_database(failing); }
TEST_CASE("routines are applied when they have changed, and as a whole") { with_database(routines); }
TEST_CASE("a database from the future is refused") { with_database(newer); }
