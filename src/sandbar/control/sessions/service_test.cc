// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/sessions/service.h"

#include <doctest/doctest.h>

#include "sandbar/async/spawn.h"
#include "sandbar/control/schema/test_schema.h"

using namespace sandbar;
using namespace sandbar::control;
using namespace sandbar::control::sessions;

namespace {

constexpr pg::Statement<1> kInsertUser{
    "test_insert_user", "INSERT INTO users (id, email, name) VALUES ($1, 'ann@example.org', 'Ann')"};
constexpr pg::Statement<0> kExpire{"test_expire", "UPDATE user_sessions SET expires_at = now()"};

struct World {
  explicit World(pg::Database& db) : database(db) {}

  pg::Database& database;
  SystemClock clock;
  access::Keys keys = *access::Keys::derive(Secret(std::string(32, 'x')));
  access::Tokens tokens{keys, clock};
  access::AccessService access{database, tokens};
  SessionService sessions{database, access, {}};
  UserId user = UserId::random();

  Task<OpenedSession> opened() {
    auto session = co_await sessions.open(database, user, std::nullopt, {"203.0.113.7", "browser"});
    co_return *std::move(session);
  }
  // The successor, or nothing.
  Task<std::string> renewed(std::string token) {
    auto renewal = co_await sessions.renew(std::move(token));
    co_return renewal ? renewal->refresh_token.reveal() : std::string();
  }
  Task<std::size_t> live() {
    auto list = co_await sessions.list(user);
    co_return list->size();
  }
};

Task<World*> new_world(pg::Database& database, std::unique_ptr<World>& owner) {
  owner = std::make_unique<World>(database);
  CHECK(co_await database.query(kInsertUser, owner->user));
  co_return owner.get();
}

Task<void> rotation(pg::Database& database) {
  std::unique_ptr<World> owner;
  auto& world = *co_await new_world(database, owner);
  auto session = co_await world.opened();
  auto second = co_await world.renewed(session.refresh_token.reveal());
  auto third = co_await world.renewed(second);
  CHECK(!third.empty());
  auto stolen = co_await world.renewed(session.refresh_token.reveal());
  CHECK(stolen.empty());
  auto after = co_await world.renewed(third);
  CHECK(after.empty());
  CHECK(co_await world.live() == 0);
}

Task<void> lost_answers(pg::Database& database) {
  std::unique_ptr<World> owner;
  auto& world = *co_await new_world(database, owner);
  auto session = co_await world.opened();
  auto lost = co_await world.renewed(session.refresh_token.reveal());
  std::string again;
  for (int i = 0; i < 20; ++i) again = co_await world.renewed(session.refresh_token.reveal());
  auto next = co_await world.renewed(again);
  CHECK(!next.empty());
  CHECK(co_await world.live() == 1);
  auto late = co_await world.renewed(lost);
  CHECK(late.empty());
}

Task<void> renew_into(World& world, std::string token, int& renewed) {
  auto next = co_await world.renewed(std::move(token));
  renewed += !next.empty();
}

Task<void> parallel_renewals(pg::Database& database) {
  std::unique_ptr<World> owner;
  auto& world = *co_await new_world(database, owner);
  auto session = co_await world.opened();
  Supervisor tasks(co_await boost::asio::this_coro::executor);
  int renewed = 0;
  for (int i = 0; i < 6; ++i)
    tasks.spawn("renew", renew_into(world, session.refresh_token.reveal(), renewed));
  co_await tasks.drained();
  CHECK(renewed == 6);
  CHECK(co_await world.live() == 1);
}

Task<void> bounds(pg::Database& database) {
  std::unique_ptr<World> owner;
  auto& world = *co_await new_world(database, owner);
  for (int i = 0; i < 55; ++i) co_await world.opened();
  CHECK(co_await world.live() == 50);
  auto last = co_await world.opened();
  CHECK(co_await database.query(kExpire));
  CHECK(co_await world.live() == 0);
  auto late = co_await world.renewed(last.refresh_token.reveal());
  CHECK(late.empty());
  auto nonsense = co_await world.renewed("nonsense");
  CHECK(nonsense.empty());
}

}  // namespace

TEST_CASE("W10: a refresh token that was replaced and comes back ends its session") { with_schema(rotation); }
TEST_CASE("W10: an answer that was lost locks nobody out") { with_schema(lost_answers); }
TEST_CASE("W10: several pages that renew one session at once all succeed") { with_schema(parallel_renewals); }
TEST_CASE("sessions are bounded in number and in time") { with_schema(bounds); }
