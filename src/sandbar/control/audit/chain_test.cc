// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "sandbar/async/spawn.h"
#include "sandbar/control/audit/sealer.h"
#include "sandbar/control/audit/service.h"
#include "sandbar/control/schema/test_schema.h"

using namespace sandbar;
using namespace sandbar::control;
using namespace sandbar::control::audit;
using namespace std::chrono_literals;

namespace {

constexpr pg::Statement<0> kOff{"test_off", "ALTER TABLE audit_logs DISABLE TRIGGER ALL"};
constexpr pg::Statement<0> kChainOff{"test_chain_off", "ALTER TABLE audit_chain DISABLE TRIGGER ALL"};
constexpr pg::Statement<1> kChange{"test_change",
                                   "UPDATE audit_logs SET metadata = '{\"name\":\"x\"}' WHERE id = (SELECT "
                                   "log_id FROM audit_chain WHERE seq = $1)"};
constexpr pg::Statement<1> kRemove{
    "test_remove", "DELETE FROM audit_logs WHERE id = (SELECT log_id FROM audit_chain WHERE seq = $1)"};
constexpr pg::Statement<1> kUnlink{"test_unlink", "DELETE FROM audit_chain WHERE seq >= $1"};
constexpr pg::Statement<1> kUnlinkOne{"test_unlink_one", "DELETE FROM audit_chain WHERE seq = $1"};
constexpr pg::Statement<0> kAdd{"test_add", R"sql(
  INSERT INTO audit_logs (id, team_id, actor_type, resource_type, action)
  SELECT gen_random_uuid(), id, 'system', 'team', 'create' FROM teams)sql"};
constexpr pg::Statement<0> kLinks{
    "test_links", "SELECT count(*)::int AS value FROM audit_chain c JOIN audit_logs l ON l.id = c.log_id"};

Task<Result<int>> write_some(int count, pg::Transaction& tx) {
  std::vector<audit::Event> events;
  for (int i = 0; i < count; ++i)
    events.push_back(happened(What::team_create, kPlatformTeam, access::system_actor(), "t",
                              {{"name", std::to_string(i)}}));
  CO_TRY_VOID(co_await record_all(tx, std::move(events)));
  co_return count;
}

Task<void> fill(pg::Database& database, int count) {
  CHECK(co_await database.transaction<int>(std::bind_front(write_some, count)));
}

Task<Verification> verified(pg::Database& database, std::int64_t after = 0) {
  auto found = co_await AuditService(database).verify(kPlatformTeam, after);
  REQUIRE(found);
  co_return *found;
}

Task<void> intact(pg::Database& database) {
  co_await fill(database, 1203);
  auto before = co_await verified(database);
  CHECK(before.ok);
  CHECK(before.checked == 0);
  CHECK(before.unsealed == 1203);
  Sealer sealer(database, 1s);
  auto sealed = co_await sealer.seal();
  CHECK(sealed == 1203);
  CHECK(co_await sealer.seal() == 0);
  co_await fill(database, 2);
  CHECK(co_await sealer.seal() == 2);
  auto after = co_await verified(database);
  CHECK(after.ok);
  CHECK(after.checked == 1205);
  CHECK(after.unsealed == 0);
  CHECK(after.head_seq == 1205);
  auto rest = co_await verified(database, 1200);
  CHECK(rest.checked == 5);
  CHECK(rest.head_hash == after.head_hash);
  auto all = co_await AuditService(database).verify_any_team(TeamId());
  CHECK(all->broken.empty());
  CHECK(all->checked == 1205);
}

Task<void> two_sealers(pg::Database& database) {
  auto executor = co_await boost::asio::this_coro::executor;
  Sealer first(database, 1ms), second(database, 1ms);
  Supervisor tasks(executor);
  tasks.spawn("first", first.run());
  tasks.spawn("second", second.run());
  for (int i = 0; i < 20; ++i) co_await fill(database, 37);
  co_await tasks.shut_down();  // in the middle of whatever they do
  Sealer third(database, 1ms);
  // The lock of the transaction that was cut off is there until the database has ended it.
  for (int i = 0; i < 1000 && (co_await verified(database)).unsealed > 0; ++i) CHECK(co_await third.seal());
  auto found = co_await verified(database);
  CHECK(found.ok);
  CHECK(found.checked == 740);
  auto links = co_await database.query(kLinks);
  CHECK((*links)[0].get<int>("value") == 740);
}

Task<void> prepare(pg::Database& database) {
  co_await fill(database, 10);
  CHECK(co_await Sealer(database, 1s).seal());
  CHECK(co_await database.query(kOff));
  CHECK(co_await database.query(kChainOff));
}

Task<void> expect(pg::Database& database, Damage damage, std::optional<std::int64_t> seq) {
  auto found = co_await verified(database);
  CHECK(!found.ok);
  REQUIRE(found.broken);
  CHECK(found.broken->damage == damage);
  CHECK(found.broken->seq == seq);
  auto all = co_await AuditService(database).verify_any_team(TeamId());
  CHECK(all->broken.size() == 1);
}

Task<void> changed(pg::Database& database) {
  co_await prepare(database);
  CHECK(co_await database.query(kChange, std::int64_t{4}));
  CHECK(co_await database.query(kChange, std::int64_t{7}));
  co_await expect(database, Damage::changed, 4);
}

Task<void> removed(pg::Database& database) {
  co_await prepare(database);
  CHECK(co_await database.query(kRemove, std::int64_t{10}));
  co_await expect(database, Damage::removed, 10);
}

Task<void> added(pg::Database& database) {
  co_await prepare(database);
  CHECK(co_await database.query(kAdd));
  co_await expect(database, Damage::added, std::nullopt);
}

Task<void> unlinked(pg::Database& database) {
  co_await prepare(database);
  CHECK(co_await database.query(kUnlinkOne, std::int64_t{3}));
  co_await expect(database, Damage::unlinked, 3);
}

Task<void> truncated(pg::Database& database) {
  co_await prepare(database);
  CHECK(co_await database.query(kRemove, std::int64_t{10}));
  CHECK(co_await database.query(kUnlink, std::int64_t{10}));
  co_await expect(database, Damage::truncated, 10);
  co_await fill(database, 1);
  CHECK(co_await Sealer(database, 1s).seal() == 1);
  co_await expect(database, Damage::unlinked, 10);
}

Task<void> guarded(pg::Database& database) {
  co_await fill(database, 3);
  CHECK(co_await Sealer(database, 1s).seal());
  CHECK(!co_await database.query(kUnlink, std::int64_t{1}));
  CHECK(!co_await database.query(kChange, std::int64_t{1}));
}

}  // namespace

TEST_CASE(
    "AU-1: entries are chained in batches, and an intact chain verifies, as a whole and from any link") {
  with_schema(intact);
}
TEST_CASE("AU-1: two sealers that are stopped at any moment never fork or skip") { with_schema(two_sealers); }
TEST_CASE("AU-1: the first changed entry is named") { with_schema(changed); }
TEST_CASE("AU-1: a removed entry is named") { with_schema(removed); }
TEST_CASE("AU-1: an entry beside the chain is found") { with_schema(added); }
TEST_CASE("AU-1: a hole in the chain is found") { with_schema(unlinked); }
TEST_CASE("AU-1: a chain that was cut at its end is found, also when it has gone on") {
  with_schema(truncated);
}
TEST_CASE("AU-1: the database refuses to change the chain") { with_schema(guarded); }
