// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/access/service.h"
#include "sandbar/control/users/types.h"

// Accounts: signing up, signing in, choosing the team. A sign-in for an unknown address takes as long and
// says the same as one with a wrong password.

namespace sandbar::control::users {

class UsersService {
 public:
  UsersService(pg::Database& database, access::Passwords& passwords, const access::Tokens& tokens,
               access::RateLimiter& limiter)
      : database_(database), passwords_(passwords), tokens_(tokens), limiter_(limiter) {}

  // The user, a default team and the membership as owner, or nothing.
  Task<Result<SignIn>> sign_up(NewUser user);
  // The first platform admin; invalid_state once there is one.
  Task<Result<SignIn>> create_first_admin(NewUser user);
  Task<Result<SignIn>> sign_in(std::string email, Secret password);
  Task<Result<SignIn>> switch_team(access::Actor actor, TeamId team);

  access::RateLimiter& limiter() { return limiter_; }

 private:
  enum class Rank { user, admin };
  struct Account {
    UserId id;
    std::string email, name, password_hash;
    Rank rank;
  };
  Task<Result<SignIn>> create(NewUser user, Rank rank);
  Task<Result<TeamId>> create_in(Account account, pg::Transaction& tx);
  SignIn issue(access::UserClaims claims) const;

  pg::Database& database_;
  access::Passwords& passwords_;
  const access::Tokens& tokens_;
  access::RateLimiter& limiter_;
};

}  // namespace sandbar::control::users
