// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/users/recovery.h"

#include <doctest/doctest.h>

#include "sandbar/control/users/account.h"
#include "sandbar/control/users/test_world.h"

using namespace sandbar;
using namespace sandbar::control;
using namespace sandbar::control::users;
using test::code_of;

namespace {

constexpr pg::Statement<1> kTokens{
    "test_tokens", "SELECT id FROM user_mail_tokens WHERE purpose = $1 ORDER BY created_at DESC"};
constexpr pg::Statement<0> kMails{"test_mails", "SELECT count(*) AS value FROM mails"};
constexpr pg::Statement<0> kAge{"test_age", "UPDATE users SET updated_at = now() - interval '1 hour'"};
constexpr pg::Statement<0> kExpire{"test_expire", "UPDATE user_mail_tokens SET expires_at = now()"};

UserOptions with_mails() {
  UserOptions options;
  options.mails_are_sent = true;
  options.mail_pause = std::chrono::milliseconds(0);
  return options;
}

struct World : test::World {
  explicit World(pg::Database& db) : test::World(db, with_mails()) {}
  RecoveryService recovery{users};

  // What the newest mail of that kind says.
  Task<std::string> mailed(std::string purpose) {
    auto rows = co_await database.query(kTokens, purpose);
    co_return access::mail_token(keys, (*rows)[0].get<Uuid>("id")).reveal();
  }
  Task<int> mails() {
    auto rows = co_await database.query(kMails);
    co_return (*rows)[0].get<int>("value");
  }
};

Task<void> activation(pg::Database& database) {
  World world(database);
  auto pending = co_await world.sign_up("ann@example.org");
  CHECK(std::holds_alternative<PendingSignup>(*pending));
  CHECK(co_await world.code_of_login("ann@example.org", "correct horse") == Errc::account_not_activated);
  CHECK(code_of(co_await world.sign_up("ann@example.org")) == Errc::signup_cooldown);
  auto token = co_await world.mailed("activation");
  auto in = co_await world.recovery.activate(token, {});
  REQUIRE(in);
  CHECK(in->team_id);
  CHECK(code_of(co_await world.recovery.activate(token, {})) == Errc::already_activated);
  CHECK(code_of(co_await world.recovery.activate("nonsense", {})) == Errc::invalid_token);
  CHECK(code_of(co_await world.sign_up("ann@example.org")) == Errc::email_taken);
  CHECK(co_await world.code_of_login("ann@example.org", "correct horse") == Errc::unknown);
}

Task<void> second_signup(pg::Database& database) {
  World world(database);
  co_await world.sign_up("ann@example.org");
  auto first = co_await world.mailed("activation");
  CHECK(co_await database.query(kAge));
  CHECK(co_await world.sign_up("ann@example.org"));
  CHECK(code_of(co_await world.recovery.activate(first, {})) == Errc::invalid_token);
  auto second = co_await world.mailed("activation");
  CHECK(co_await database.query(kExpire));
  CHECK(code_of(co_await world.recovery.activate(second, {})) == Errc::invalid_token);
}

Task<void> reset(pg::Database& database) {
  World world(database);
  co_await world.sign_up("ann@example.org");
  auto in = co_await world.recovery.activate(co_await world.mailed("activation"), {});
  auto before = co_await world.mails();
  CHECK(co_await world.recovery.request_reset("nobody@example.org"));
  CHECK(co_await world.mails() == before);
  CHECK(co_await world.recovery.request_reset(" ANN@example.org "));
  auto first = co_await world.mailed("password_reset");
  CHECK(co_await world.recovery.request_reset("ann@example.org"));
  auto second = co_await world.mailed("password_reset");
  CHECK(code_of(co_await world.recovery.reset_password(first, Secret("new password"), {})) ==
        Errc::invalid_token);
  CHECK(code_of(co_await world.recovery.reset_password(second, Secret("short"), {})) ==
        Errc::invalid_request);
  CHECK(co_await world.recovery.reset_password(second, Secret("new password"), {}));
  CHECK(code_of(co_await world.recovery.reset_password(second, Secret("other password"), {})) ==
        Errc::invalid_token);
  CHECK(code_of(co_await world.access.user_of(in->token)) == Errc::unauthorized);
  CHECK(co_await world.code_of_login("ann@example.org", "correct horse") == Errc::unauthorized);
  CHECK(co_await world.code_of_login("ann@example.org", "new password") == Errc::unknown);
}

}  // namespace

TEST_CASE("with mails an account works once its link has been followed, and the link works once") {
  with_schema(activation);
}
TEST_CASE("an address that nobody proved can be signed up again after a while; older links are void then") {
  with_schema(second_signup);
}
TEST_CASE("W10: a reset needs the newest link, works once and ends every session") { with_schema(reset); }
