// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/schema/test_schema.h"
#include "sandbar/control/users/service.h"

namespace sandbar::control::users::test {

// Users over a database of their own.
struct World {
  explicit World(pg::Database& db, UserOptions own = {}) : database(db), options(own) {}

  pg::Database& database;
  UserOptions options;
  SystemClock clock;
  access::Keys keys = *access::Keys::derive(Secret(std::string(32, 'x')));
  access::Tokens tokens{keys, clock};
  BlockingPool pool{2};
  access::Passwords passwords{pool};
  access::RateLimiter limiter{clock};
  access::AccessService access{database, tokens};
  sessions::SessionService sessions{database, access, {}};
  UsersService users{{database, passwords, tokens, keys, limiter, sessions, options}};

  Task<Result<UsersService::SignedUp>> sign_up(std::string email) {
    return users.sign_up({email, "Ann", Secret("correct horse")}, {"203.0.113.7", "test"});
  }
  Task<access::Actor> new_actor(std::string email) {
    auto done = co_await sign_up(email);
    auto actor = co_await access.user_of(std::get<SignIn>(*done).token);
    co_return *std::move(actor);
  }
  Task<Errc> code_of_login(std::string email, std::string password) {
    std::optional<std::chrono::seconds> wait;
    auto in = co_await users.sign_in({email, Secret(password), {"203.0.113.7", "test"}}, wait);
    co_return in ? Errc::unknown : in.error().code;
  }
};

template <class T>
Errc code_of(const Result<T>& result) {
  return result ? Errc::unknown : result.error().code;
}

}  // namespace sandbar::control::users::test
