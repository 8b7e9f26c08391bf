// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/users/service.h"

#include <doctest/doctest.h>

#include "sandbar/async/spawn.h"
#include "sandbar/base/strings.h"
#include "sandbar/control/schema/test_schema.h"
#include "sandbar/control/teams/service.h"

using namespace sandbar;
using namespace sandbar::control;
using namespace sandbar::control::users;

namespace {

constexpr pg::Statement<1> kDeleteTeam{"test_delete_team",
                                       "UPDATE teams SET deleted_at = now() WHERE id = $1"};
constexpr pg::Statement<1> kDisable{"test_disable", "UPDATE users SET status = 'disabled' WHERE id = $1"};
constexpr pg::Statement<1> kLeaveAll{"test_leave_all", "DELETE FROM users_teams WHERE user_id = $1"};
constexpr pg::Statement<1> kGrantAdmin{"test_grant_admin", "UPDATE users SET is_admin = true WHERE id = $1"};
constexpr pg::Statement<0> kCounts{
    "test_counts",
    "SELECT (SELECT count(*) FROM users)::int AS users, (SELECT count(*) FROM teams)::int AS teams"};

struct World {
  explicit World(pg::Database& db) : database(db) {}

  pg::Database& database;
  SystemClock clock;
  access::Keys keys = *access::Keys::derive(Secret(std::string(32, 'x')));
  access::Tokens tokens{keys, clock};
  BlockingPool pool{2};
  access::Passwords passwords{pool};
  access::RateLimiter limiter{clock};
  access::AccessService access{database, tokens};
  sessions::SessionService sessions{database, access, {}};
  UserOptions options{.login_tries = 3, .login_pause = std::chrono::hours(1)};
  UsersService users{{database, passwords, tokens, keys, limiter, sessions, options}};
  teams::TeamsService teams{database};

  Task<Result<SignIn>> sign_up(std::string email, std::string name = "Ann",
                               std::string password = "correct horse") {
    co_return co_await sign_up(NewUser{email, name, Secret(password)});
  }
  Task<Result<SignIn>> sign_up(NewUser user) {
    CO_TRY(auto done, co_await users.sign_up(std::move(user), {"203.0.113.7", "test"}));
    co_return std::get<SignIn>(std::move(done));
  }
  Task<Result<SignIn>> sign_in(std::string email, std::string password, std::string ip = "203.0.113.7") {
    std::optional<std::chrono::seconds> wait;
    co_return co_await users.sign_in({email, Secret(password), {ip, "test"}}, wait);
  }
  Task<Errc> code_of_login(std::string email, std::string password, std::string ip = "203.0.113.7") {
    auto in = co_await sign_in(email, password, ip);
    co_return in ? Errc::unknown : in.error().code;
  }
};

Task<void> signing_up(pg::Database& database) {
  World world(database);
  auto in = co_await world.sign_up(" Bob@X.io ", " Bob ");
  REQUIRE(in);
  CHECK(in->email == "bob@x.io");
  CHECK(in->name == "Bob");
  auto actor = co_await world.access.user_of(in->token);
  REQUIRE(actor);
  CHECK(actor->team->name == "Bob's Team");
  CHECK(actor->role == access::TeamRole::owner);
  auto again = co_await world.sign_up("BOB@x.io");
  CHECK(again.error().code == Errc::email_taken);
  auto counts = co_await database.query(kCounts);
  CHECK((*counts)[0].get<int>("users") == 1);
  CHECK((*counts)[0].get<int>("teams") == 2);
}

Task<void> bad_signups(pg::Database& database) {
  World world(database);
  const std::string long_name(101, 'n'), long_password(1025, 'p');
  const NewUser bad[] = {{"no-at", "A", Secret("12345678")},  {"a@@b", "A", Secret("12345678")},
                         {"@b", "A", Secret("12345678")},     {"a@b", "A", Secret("1234567")},
                         {"a@b", "  ", Secret("12345678")},   {"a@b", long_name, Secret("12345678")},
                         {"a@b", "A\nB", Secret("12345678")}, {"a b@c", "A", Secret("12345678")},
                         {"a@b", "A", Secret(long_password)}};
  for (const auto& user : bad) {
    auto refused = co_await world.sign_up(user);
    CHECK(refused.error().code == Errc::invalid_request);
  }
  auto odd = co_await world.sign_up("z@b.c", "<Zoë> 🙂", std::string(100, 'p'));
  auto actor = co_await world.access.user_of(odd->token);
  CHECK(is_utf8(actor->team->name));
  CHECK(actor->team->name.starts_with("Zoë"));
}

Task<void> sign_up_into(World& world, int& created, int& taken) {
  auto in = co_await world.sign_up("same@example.org");
  ++(in ? created : taken);
}

Task<void> parallel_signups(pg::Database& database) {
  World world(database);
  Supervisor tasks(co_await boost::asio::this_coro::executor);
  int created = 0, taken = 0;
  for (int i = 0; i < 8; ++i) tasks.spawn("signup", sign_up_into(world, created, taken));
  co_await tasks.drained();
  CHECK(created == 1);
  CHECK(taken == 7);
}

Task<void> signing_in(pg::Database& database) {
  World world(database);
  auto in = co_await world.sign_up("ann@example.org");
  CHECK(co_await world.sign_in(" ANN@example.org", "correct horse"));
  CHECK(co_await world.code_of_login("ann@example.org", "wrong") == Errc::unauthorized);
  CHECK(co_await world.code_of_login("nobody@example.org", "correct horse") == Errc::unauthorized);
  CHECK(co_await database.query(kDisable, in->user_id));
  CHECK(co_await world.code_of_login("ann@example.org", "correct horse") == Errc::account_disabled);
  auto stale = co_await world.access.user_of(in->token);
  CHECK(stale.error().code == Errc::account_deactivated);
}

Task<void> guessing(pg::Database& database) {
  World world(database);
  auto in = co_await world.sign_up("ann@example.org");
  for (int i = 0; i < 2; ++i)
    CHECK(co_await world.code_of_login("ann@example.org", "wrong") == Errc::unauthorized);
  CHECK(co_await world.code_of_login("ann@example.org", "correct horse") == Errc::unknown);
  for (int i = 0; i < 3; ++i)
    CHECK(co_await world.code_of_login("ann@example.org", "wrong") == Errc::unauthorized);
  CHECK(co_await world.code_of_login("ann@example.org", "correct horse") == Errc::rate_limited);
  CHECK(co_await world.code_of_login("ann@example.org", "correct horse", "203.0.113.8") == Errc::unknown);
  for (int i = 0; i < 3; ++i)
    CHECK(co_await world.code_of_login("nobody@example.org", "wrong") == Errc::unauthorized);
  CHECK(co_await world.code_of_login("nobody@example.org", "wrong") == Errc::rate_limited);
}

Task<UserId> visit(World& world, Identity identity) {
  auto user = co_await world.database.transaction<UserId>(
      [&world, identity](pg::Transaction& tx) { return world.users.user_of_identity(tx, identity, {}); });
  co_return user ? *user : UserId();
}

Task<void> visit_into(World& world, Identity identity, std::vector<UserId>& seen) {
  auto user = co_await visit(world, identity);
  seen.push_back(user);
}

Task<void> identities(pg::Database& database) {
  World world(database);
  Supervisor tasks(co_await boost::asio::this_coro::executor);
  std::vector<UserId> seen;
  const Identity octo{"github", "42", "Octo@example.org", "Octo"};
  for (int i = 0; i < 6; ++i) tasks.spawn("visit", visit_into(world, octo, seen));
  co_await tasks.drained();
  REQUIRE(seen.size() == 6);
  for (auto user : seen) CHECK((user == seen.front() && user != UserId()));
  auto counts = co_await database.query(kCounts);
  CHECK((*counts)[0].get<int>("users") == 1);
  CHECK(co_await visit(world, {"oidc", "42", "octo@example.org", "Octo"}) == UserId());
}

Task<std::optional<TeamId>> landing(World& world) {
  auto in = co_await world.sign_in("ann@example.org", "correct horse");
  co_return in->team_id;
}

Task<void> choosing_a_team(pg::Database& database) {
  World world(database);
  auto in = co_await world.sign_up("ann@example.org");
  auto actor = co_await world.access.user_of(in->token);
  auto second = co_await world.teams.create(*actor, "second");
  auto third = co_await world.teams.create(*actor, "third");
  CHECK(co_await landing(world) == in->team_id);
  CHECK(co_await database.query(kDeleteTeam, *in->team_id));
  CHECK(co_await landing(world) == second->id);
  CHECK(co_await database.query(kDeleteTeam, second->id));
  CHECK(co_await landing(world) == third->id);
  CHECK(co_await database.query(kDeleteTeam, third->id));
  CHECK(co_await landing(world) == std::nullopt);
}

Task<Errc> code_of_switch(World& world, access::Actor actor, TeamId team) {
  auto in = co_await world.users.switch_team(std::move(actor), team);
  co_return in ? Errc::unknown : in.error().code;
}

Task<void> switching(pg::Database& database) {
  World world(database);
  auto ann = co_await world.sign_up("ann@example.org");
  auto bob = co_await world.sign_up("bob@example.org");
  auto actor = co_await world.access.user_of(ann->token);
  auto team = co_await world.teams.create(*actor, "other");
  auto switched = co_await world.users.switch_team(*actor, team->id);
  REQUIRE(switched);
  CHECK(world.tokens.read_user(switched->token)->role == access::TeamRole::owner);
  CHECK(co_await code_of_switch(world, *actor, *bob->team_id) == Errc::forbidden);
  CHECK(co_await code_of_switch(world, *actor, TeamId::random()) == Errc::not_found);
  CHECK(co_await code_of_switch(world, *actor, kPlatformTeam) == Errc::forbidden);
  CHECK(co_await database.query(kDeleteTeam, team->id));
  CHECK(co_await code_of_switch(world, *actor, team->id) == Errc::not_found);
}

Task<void> stale_tokens(pg::Database& database) {
  World world(database);
  auto in = co_await world.sign_up("ann@example.org");
  CHECK(co_await database.query(kGrantAdmin, in->user_id));
  auto admin = co_await world.access.user_of(in->token);
  CHECK(admin->is_platform_admin);
  CHECK(co_await database.query(kLeaveAll, in->user_id));
  auto removed = co_await world.access.user_of(in->token);
  REQUIRE(removed);
  CHECK(!removed->team);
  CHECK(!removed->role);
  CHECK(removed->meant_team == in->team_id);
}

Task<void> first_admin(pg::Database& database) {
  World world(database);
  auto first = co_await world.users.create_first_admin({"root@example.org", "Root", Secret("correct horse")});
  REQUIRE(first);
  CHECK(world.tokens.read_user(first->token)->is_admin == true);
  auto second =
      co_await world.users.create_first_admin({"root2@example.org", "Root", Secret("correct horse")});
  CHECK(second.error().code == Errc::invalid_state);
}

}  // namespace

TEST_CASE("W8: guessing a password ends in a pause, for that account from that address only") {
  with_schema(guessing);
}
TEST_CASE("OA-1: first visits of one identity at once make one user; its address is not taken over") {
  with_schema(identities);
}
TEST_CASE("US-1: signing up makes the user, a team and a token that works, or nothing") {
  with_schema(signing_up);
}
TEST_CASE("US-1, C15: bad addresses, names and passwords are refused, odd names are kept") {
  with_schema(bad_signups);
}
TEST_CASE("US-1: of parallel sign-ups with one address exactly one succeeds") {
  with_schema(parallel_signups);
}
TEST_CASE("US-2: a wrong password and an unknown address are told alike, a disabled user can do nothing") {
  with_schema(signing_in);
}
TEST_CASE(
    "US-2: a sign-in lands in the default team, else in the first joined one that is live, else in none") {
  with_schema(choosing_a_team);
}
TEST_CASE("US-5: switching needs a membership in a live team") { with_schema(switching); }
TEST_CASE("US-3, AD-1: what the database says now counts, whatever the token says") {
  with_schema(stale_tokens);
}
TEST_CASE("W14: there is one first admin") { with_schema(first_admin); }
