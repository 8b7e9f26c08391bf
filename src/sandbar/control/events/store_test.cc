// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/events/store.h"

#include <doctest/doctest.h>

#include "sandbar/control/schema/test_schema.h"

using namespace sandbar;
using namespace sandbar::control;
using namespace sandbar::control::events;

namespace {

constexpr pg::Statement<1> kAddTeam{"add_team", "INSERT INTO teams (id, name) VALUES ($1, 'Crew')"};
constexpr pg::Statement<2> kRename{"rename", "UPDATE teams SET name = $1 WHERE id = $2"};
constexpr pg::Statement<1> kAge{
    "age", "UPDATE changes SET at = now() - interval '11 minutes' WHERE seq <= $1::bigint"};

Task<TeamId> add_team(pg::Session& session) {
  auto id = TeamId::random();
  CHECK(co_await session.query(kAddTeam, id));
  co_return id;
}

// The wire ids of what was listed.
std::vector<Uuid> ids(const Result<std::vector<Change>>& changes) {
  REQUIRE(changes);
  std::vector<Uuid> out;
  for (const auto& change : *changes) out.push_back(change.id);
  return out;
}

// While `tx` is open, a later transaction commits.
Task<Result<bool>> overtaken(pg::Database& database, Position begin, std::vector<Uuid>& expected,
                             pg::Transaction& tx) {
  expected.push_back((co_await add_team(tx)).uuid());
  expected.push_back((co_await add_team(database)).uuid());
  CHECK(ids(co_await list_changes(database, begin, 100)).empty());
  co_return true;
}

Task<void> late_commits(pg::Database& database) {
  auto begin = co_await find_end(database);
  REQUIRE(begin);
  std::vector<Uuid> expected;
  auto body = [&](pg::Transaction& tx) { return overtaken(database, *begin, expected, tx); };
  CHECK(co_await database.transaction<bool>(body));
  CHECK(ids(co_await list_changes(database, *begin, 100)) == expected);
}

Task<void> quiet_updates(pg::Database& database) {
  auto team = co_await add_team(database);
  auto begin = co_await find_end(database);
  CHECK(co_await database.query(kRename, "Crew", team));
  CHECK(ids(co_await list_changes(database, *begin, 100)).empty());
  CHECK(co_await database.query(kRename, "Band", team));
  auto changes = co_await list_changes(database, *begin, 100);
  REQUIRE(changes->size() == 1);
  CHECK(changes->front().action == Action::updated);
  CHECK(wire_id(changes->front()) == team.str());
}

Task<void> forgetting(pg::Database& database) {
  for (int i = 0; i < 3; ++i) (void)co_await add_team(database);
  auto old = co_await find_end(database);
  (void)co_await add_team(database);
  auto young = co_await find_end(database);
  CHECK(co_await database.query(kAge, old->seq));
  auto forgotten = co_await delete_old_changes(database);
  CHECK(*forgotten > 1);
  CHECK(*co_await delete_old_changes(database) == 0);
  CHECK(!*co_await find_position(database, old->seq - 1));
  CHECK(*co_await find_position(database, old->seq) == old);
  CHECK(*co_await find_position(database, young->seq) == young);
}

Task<void> missed_of_team(pg::Database& database) {
  auto begin = co_await find_end(database);
  auto mine = co_await add_team(database);
  auto other = co_await add_team(database);
  auto end = co_await find_end(database);
  Listener listener{.team = mine};
  CHECK(ids(co_await list_missed(database, listener, *begin, *end, 10)) == std::vector{mine.uuid()});
  listener.scope = Scope::platform;
  CHECK(ids(co_await list_missed(database, listener, *begin, *end, 10)) ==
        std::vector{mine.uuid(), other.uuid()});
}

}  // namespace

TEST_CASE("what commits late is not passed over") { with_schema(late_commits); }
TEST_CASE("an update that changes nothing is not told") { with_schema(quiet_updates); }
TEST_CASE("old changes are forgotten up to a row that tells where they ended") { with_schema(forgetting); }
TEST_CASE("who returns is told what the own team missed") { with_schema(missed_of_team); }
