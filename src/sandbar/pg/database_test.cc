// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "sandbar/async/spawn.h"
#include "sandbar/async/timer.h"
#include "sandbar/pg/test_database.h"

using namespace sandbar;
using namespace sandbar::pg;
using namespace std::chrono_literals;

namespace {

constexpr Statement<1> kEcho{"echo", "SELECT $1::text AS value"};
constexpr Statement<1> kDivide{"divide", "SELECT (10 / $1::bigint)::text AS value"};
constexpr Statement<0> kBroken{"broken", "SELEKT 1"};
constexpr Statement<1> kSleep{"sleep", "SELECT 'slept' AS value FROM pg_sleep($1::float8)"};
constexpr Statement<0> kZone{"zone", "SELECT current_setting('TimeZone') AS value"};
constexpr Statement<1> kInsert{"insert_item", "INSERT INTO items (name) VALUES ($1)"};
constexpr Statement<0> kCount{"count_items", "SELECT count(*)::text AS value FROM items"};
constexpr Statement<1> kChild{"insert_child", "INSERT INTO children (item) VALUES ($1)"};
constexpr Statement<1> kRaise{"raise_state", "SELECT raise_state($1) AS value"};

constexpr Statement<0> kLockFirst{"lock_first", "SELECT name FROM items ORDER BY name LIMIT 1 FOR UPDATE"};
constexpr Statement<0> kSettings{
    "settings",
    "SELECT concat_ws(' ', current_setting('lock_timeout'), current_setting('plan_cache_mode'), "
    "current_setting('synchronous_commit')) AS value"};

constexpr const char* kTables = R"sql(
CREATE TABLE items (name text PRIMARY KEY, size int CONSTRAINT items_size_check CHECK (size > 0));
CREATE TABLE children (item text CONSTRAINT children_item_fkey REFERENCES items);
CREATE FUNCTION raise_state(state text) RETURNS text LANGUAGE plpgsql AS
  $$ BEGIN RAISE EXCEPTION 'told to' USING ERRCODE = state; END $$;
)sql";

template <std::size_t N, class... Args>
Task<std::string> value_of(Session& session, Statement<N> statement, Args... args) {
  auto rows = co_await session.query(statement, args...);
  if (!rows) co_return std::string(info_of(rows.error().code).name);
  co_return (*rows)[0].template get<std::string>("value");
}

Task<void> collect(Session& session, int number, std::vector<std::string>& out) {
  auto value =
      number % 3 == 0 ? value_of(session, kDivide, 0) : value_of(session, kEcho, std::to_string(number));
  out[static_cast<std::size_t>(number)] = co_await std::move(value);
}

Task<void> many_at_once(Database& database) {
  Supervisor tasks(co_await boost::asio::this_coro::executor);
  std::vector<std::string> out(1000);
  for (int i = 0; i < 1000; ++i) tasks.spawn("statement", collect(database, i, out));
  co_await tasks.drained();
  for (int i = 0; i < 1000; ++i)
    CHECK(out[static_cast<std::size_t>(i)] == (i % 3 == 0 ? "invalid_request" : std::to_string(i)));
}

Task<void> bad_statements(Database& database) {
  CHECK(co_await value_of(database, kBroken) == "internal_error");
  CHECK(co_await value_of(database, kBroken) == "internal_error");
  CHECK(co_await value_of(database, kEcho, "still works") == "still works");
  CHECK(co_await value_of(database, kEcho, std::string("a\0b", 3)) == "invalid_request");
  CHECK(co_await value_of(database, kEcho, "\xff") == "invalid_request");
  CHECK(co_await value_of(database, kZone) == "UTC");
}

Task<void> cancelled(Database& database) {
  CHECK(co_await value_of(database, kEcho, "connected") == "connected");
  auto slow = co_await with_timeout(5ms, "sleeping", database.query(kSleep, 0.2));
  CHECK(slow.error().code == Errc::deadline_exceeded);
  CHECK(co_await value_of(database, kEcho, "after") == "after");
}

Task<Result<int>> insert_two(std::string first, std::string second, Transaction& tx) {
  CO_TRY_VOID(co_await tx.query(kInsert, first));
  CO_TRY_VOID(co_await tx.query(kInsert, second));
  co_return 2;
}

Task<Result<int>> insert_and_hang(Transaction& tx) {
  CO_TRY_VOID(co_await tx.query(kInsert, "half"));
  CO_TRY_VOID(co_await tx.query(kSleep, 0.2));
  co_return 1;
}

Task<Result<int>> swallow_an_error(Transaction& tx) {
  auto ignored = co_await tx.query(kDivide, 0);
  CHECK(!ignored);
  co_return 1;
}

Task<Result<int>> insert_orphan(Transaction& tx) {
  CO_TRY_VOID(co_await tx.query(kChild, "nobody"));
  co_return 1;
}

Task<Result<int>> fail_serialization(int& attempts, Transaction& tx) {
  ++attempts;
  CO_TRY_VOID(co_await tx.query(kRaise, "40001"));
  co_return 1;
}

Task<void> transactions(Database& database) {
  CHECK(co_await database.run_script(kTables));
  CHECK(co_await database.transaction<int>(std::bind_front(insert_two, "a", "b")) == 2);
  auto doubled = co_await database.transaction<int>(std::bind_front(insert_two, "c", "a"));
  CHECK(doubled.error().code == Errc::already_exists);
  CHECK(violates(doubled.error(), "items_pkey"));
  auto swallowed = co_await database.transaction<int>(swallow_an_error);
  CHECK(swallowed.error().code == Errc::internal_error);
  auto orphan = co_await database.transaction<int>(insert_orphan);
  CHECK(orphan.error().code == Errc::conflict);
  CHECK(violates(orphan.error(), "children_item_fkey"));
  auto hung = co_await with_timeout(20ms, "transaction", database.transaction<int>(insert_and_hang));
  CHECK(hung.error().code == Errc::deadline_exceeded);
  CHECK(co_await value_of(database, kCount) == "2");
  int attempts = 0;
  auto failed = co_await database.transaction<int>(std::bind_front(fail_serialization, std::ref(attempts)));
  CHECK(is_retryable(failed.error()));
  CHECK(attempts == 3);
}

Task<Result<int>> lock_first(Transaction& tx) {
  CO_TRY_VOID(co_await tx.query(kLockFirst));
  co_return 1;
}

// The same connection goes on without the limit.
Task<Result<int>> want_lock(Database& database, Transaction& holder) {
  CO_TRY_VOID(co_await lock_first(holder));
  auto refused = co_await database.transaction<int>(lock_first, {.lock_wait = 20ms});
  CHECK(refused.error().code == Errc::conflict);
  CHECK(co_await value_of(database, kEcho, "between") == "between");
  co_return 1;
}

Task<Result<std::string>> tell_settings(Transaction& tx) {
  CO_TRY(auto rows, co_await tx.query(kSettings));
  co_return rows[0].get<std::string>("value");
}

Task<void> limited_waits(Database& database) {
  CHECK(co_await database.run_script(kTables));
  CHECK(co_await database.transaction<int>(std::bind_front(insert_two, "a", "b")));
  CHECK(co_await database.transaction<int>(std::bind_front(want_lock, std::ref(database))));
  CHECK(co_await database.transaction<int>(lock_first, {.lock_wait = 20ms}));
  auto limited = co_await database.transaction<std::string>(tell_settings, {.lock_wait = 20ms});
  CHECK(limited->starts_with("20ms auto "));
}

Task<void> settings(Database& database) {
  CHECK(co_await database.run_script(
      "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = local', current_database()); "
      "END $$"));
  TransactionSettings all{.lock_wait = 1s, .generic_plans = true, .may_be_lost = true};
  CHECK(co_await database.transaction<std::string>(tell_settings, all) == "1s force_generic_plan off");
  for (int i = 0; i < 8; ++i)
    CHECK(co_await database.transaction<std::string>(tell_settings) == "0 auto local");
}

Task<void> insert_one(Database& database, int number, int& done) {
  auto two = std::bind_front(insert_two, "x" + std::to_string(number), "y" + std::to_string(number));
  auto result = co_await database.transaction<int>(two);
  done += result.value_or(0);
}

Task<void> crowded_pool(Database& database) {
  CHECK(co_await database.run_script(kTables));
  Supervisor tasks(co_await boost::asio::this_coro::executor);
  int done = 0;
  for (int i = 0; i < 50; ++i) tasks.spawn("transaction", insert_one(database, i, done));
  co_await tasks.drained();
  CHECK(done == 100);
  CHECK(co_await value_of(database, kCount) == "100");
}

Task<void> slow_query(Session& session, bool& done) {
  CHECK(co_await value_of(session, kSleep, 0.3) == "slept");
  done = true;
}

Task<void> slow_lane(Database& database) {
  Supervisor tasks(co_await boost::asio::this_coro::executor);
  auto lane = co_await database.slow_lane();
  REQUIRE(lane);
  bool done = false;
  tasks.spawn("slow query", slow_query(**lane, done));
  CHECK(co_await value_of(database, kEcho, "fast") == "fast");
  CHECK(!done);
  co_await tasks.drained();
}

Task<void> statement_timeout(Executor executor, std::string url) {
  auto database = Database::create(executor, {.url = std::move(url), .statement_timeout = 50ms});
  CHECK(co_await value_of(*database, kSleep, 5.0) == "deadline_exceeded");
  CHECK(co_await value_of(*database, kEcho, "after") == "after");
}

Task<void> expect_lost(Session& session, bool& lost) {
  lost = co_await value_of(session, kSleep, 60.0) == "unavailable";
}

Task<Result<int>> lose_transaction(Transaction& tx) {
  CO_TRY_VOID(co_await tx.query(kSleep, 60.0));
  co_return 1;
}

Task<void> expect_lost_transaction(Database& database, bool& lost) {
  auto result = co_await database.transaction<int>(lose_transaction);
  lost = !result && result.error().code == Errc::unavailable;
}

Task<void> killed_server(Database& database) {
  Supervisor tasks(co_await boost::asio::this_coro::executor);
  CHECK(co_await value_of(database, kEcho, "before") == "before");
  bool statement_lost = false, transaction_lost = false;
  tasks.spawn("statement", expect_lost(database, statement_lost));
  tasks.spawn("transaction", expect_lost_transaction(database, transaction_lost));
  co_await sleep_for(100ms);
  TestServer::get().kill();
  co_await tasks.drained();
  CHECK(statement_lost);
  CHECK(transaction_lost);
  CHECK(co_await value_of(database, kEcho, "down") == "unavailable");
  TestServer::get().start();
  CHECK(co_await value_of(database, kEcho, "up again") == "up again");
  auto again = co_await database.transaction<int>(swallow_an_error);
  CHECK(again.error().code == Errc::internal_error);
}

}  // namespace

TEST_CASE("a thousand statements share the pipeline, and one that fails does not disturb the next") {
  with_database(many_at_once);
}
TEST_CASE("wrong SQL, NUL and invalid UTF-8 are errors of their statement only") {
  with_database(bad_statements);
}
TEST_CASE("cancelling a task that waits leaves the pipeline in order") { with_database(cancelled); }
TEST_CASE("a transaction commits as a whole, or leaves nothing") { with_database(transactions); }
TEST_CASE("settings of a transaction end with it") { with_database(settings); }
TEST_CASE("a transaction waits no longer for a lock than it was told") { with_database(limited_waits); }
TEST_CASE("more transactions than pooled connections wait for their turn") { with_database(crowded_pool); }
TEST_CASE("a slow query does not hold up the pipeline") { with_database(slow_lane); }
TEST_CASE("a statement that takes too long is ended by the server") {
  auto scratch = TestServer::get().create_database();
  run_task([&](Executor executor) { return statement_timeout(executor, scratch->url()); });
}
TEST_CASE("when the server dies what is in flight fails, and what comes after its restart works") {
  if (TestServer::get().is_private()) with_database(killed_server);
}
