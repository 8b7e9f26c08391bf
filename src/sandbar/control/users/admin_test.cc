// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/users/admin.h"

#include <doctest/doctest.h>

#include "sandbar/async/spawn.h"
#include "sandbar/control/users/account.h"
#include "sandbar/control/users/test_world.h"

using namespace sandbar;
using namespace sandbar::control;
using namespace sandbar::control::users;
using test::code_of;
using test::World;
using Rank = AdminUsersService::Rank;

namespace {

constexpr pg::Statement<1> kGrant{"test_grant", "UPDATE users SET is_admin = true WHERE id = $1"};
constexpr pg::Statement<0> kAdmins{
    "test_admins", "SELECT count(*) AS value FROM users WHERE is_admin AND status = 'active'"};

Task<void> demote(AdminUsersService& admins, access::Actor actor, UserId user, int& done) {
  auto demoted = co_await admins.set_rank(std::move(actor), user, Rank::user);
  done += demoted.has_value();
}

Task<void> last_admin(pg::Database& database) {
  World world(database);
  AdminUsersService admins(database);
  auto ann = co_await world.new_actor("ann@example.org"), bob = co_await world.new_actor("bob@example.org");
  CHECK(co_await database.query(kGrant, *ann.user));
  CHECK(code_of(co_await admins.set_rank(bob, *bob.user, Rank::admin)) == Errc::forbidden);
  CHECK(code_of(co_await admins.set_rank(ann, *ann.user, Rank::user)) == Errc::last_admin);
  CHECK(code_of(co_await admins.disable(ann, *ann.user)) == Errc::invalid_request);
  CHECK(co_await admins.set_rank(ann, *bob.user, Rank::admin));
  Supervisor tasks(co_await boost::asio::this_coro::executor);
  int done = 0;
  tasks.spawn("demote", demote(admins, ann, *bob.user, done));
  tasks.spawn("demote", demote(admins, bob, *ann.user, done));
  co_await tasks.drained();
  CHECK(done == 1);
  auto rows = co_await database.query(kAdmins);
  CHECK((*rows)[0].get<int>("value") == 1);
}

Task<void> disabling(pg::Database& database) {
  World world(database);
  AdminUsersService admins(database);
  auto ann = co_await world.new_actor("ann@example.org"), bob = co_await world.new_actor("bob@example.org");
  CHECK(co_await database.query(kGrant, *ann.user));
  CHECK(co_await admins.disable(ann, *bob.user));
  CHECK(co_await world.code_of_login("bob@example.org", "correct horse") == Errc::account_disabled);
  CHECK(co_await admins.enable(ann, *bob.user));
  CHECK(co_await world.code_of_login("bob@example.org", "correct horse") == Errc::unknown);
  CHECK(code_of(co_await admins.disable(ann, UserId::random())) == Errc::not_found);
}

Task<void> deleting(pg::Database& database) {
  World world(database);
  AccountService account(world.users);
  auto ann = co_await world.new_actor("ann@example.org");
  CHECK(co_await database.query(kGrant, *ann.user));
  CHECK(code_of(co_await account.remove(ann, "bob@example.org")) == Errc::invalid_request);
  CHECK(code_of(co_await account.remove(ann, "ann@example.org")) == Errc::last_admin);
  auto bob = co_await world.new_actor("bob@example.org");
  CHECK(co_await account.remove(bob, " BOB@example.org"));
  CHECK(co_await world.code_of_login("bob@example.org", "correct horse") == Errc::unauthorized);
  CHECK(co_await world.sign_up("bob@example.org"));
}

}  // namespace

TEST_CASE("AD-1: two admins who remove each other leave one") { with_schema(last_admin); }
TEST_CASE("disabling a user lets nobody in until the user is enabled again") { with_schema(disabling); }
TEST_CASE("a deleted account is gone, and its address is free; the last admin stays") {
  with_schema(deleting);
}
