// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/access/tickets.h"

#include <doctest/doctest.h>

#include "sandbar/control/schema/test_schema.h"

using namespace sandbar;
using namespace sandbar::control;
using namespace sandbar::control::access;

namespace {

constexpr pg::Statement<1> kAddUser{
    "add_user", "INSERT INTO users (id, email, name) VALUES ($1, 'ada@example.org', 'Ada')"};
constexpr pg::Statement<2> kAddSession{"add_session",
                                       "INSERT INTO user_sessions (id, user_id, expires_at) "
                                       "VALUES ($1, $2, now() + interval '1 day')"};
constexpr pg::Statement<0> kEndSessions{"end_sessions", "UPDATE user_sessions SET revoked_at = now()"};
constexpr pg::Statement<0> kAgeTickets{"age_tickets",
                                       "UPDATE ws_tickets SET expires_at = now() - interval '1 second'"};

Task<Actor> signed_in(pg::Database& database) {
  Actor actor{.type = ActorType::user};
  actor.user = UserId::random();
  actor.session = SessionId::random();
  CHECK(co_await database.query(kAddUser, *actor.user));
  CHECK(co_await database.query(kAddSession, *actor.session, *actor.user));
  co_return actor;
}

Task<void> works_once(pg::Database& database) {
  Tickets tickets(database);
  auto actor = co_await signed_in(database);
  auto ticket = co_await tickets.issue(actor);
  REQUIRE(ticket);
  CHECK(ticket->token.size() == 64);
  auto redeemed = co_await tickets.redeem(ticket->token);
  REQUIRE(redeemed);
  CHECK(redeemed->user == actor.user);
  CHECK(redeemed->session == actor.session);
  auto again = co_await tickets.redeem(ticket->token);
  CHECK(again.error().code == Errc::unauthorized);
}

Task<void> refused(pg::Database& database, const pg::Statement<0>& before) {
  Tickets tickets(database);
  auto actor = co_await signed_in(database);
  auto ticket = co_await tickets.issue(actor);
  REQUIRE(ticket);
  CHECK(co_await database.query(before));
  auto redeemed = co_await tickets.redeem(ticket->token);
  CHECK(redeemed.error().code == Errc::unauthorized);
}

Task<void> too_old(pg::Database& database) { return refused(database, kAgeTickets); }
Task<void> session_over(pg::Database& database) { return refused(database, kEndSessions); }

Task<void> nonsense(pg::Database& database) {
  Tickets tickets(database);
  for (std::string token : {"", "x", "0000000000000000000000000000000000000000000000000000000000000000"}) {
    auto redeemed = co_await tickets.redeem(token);
    CHECK(redeemed.error().code == Errc::unauthorized);
  }
}

}  // namespace

TEST_CASE("a ticket works once, for the session that asked for it") { with_schema(works_once); }
TEST_CASE("a ticket is not valid for long") { with_schema(too_old); }
TEST_CASE("a ticket ends with the session that asked for it") { with_schema(session_over); }
TEST_CASE("what is no ticket is refused") { with_schema(nonsense); }
