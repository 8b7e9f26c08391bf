// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/access/service.h"
#include "sandbar/control/mail/types.h"
#include "sandbar/control/sessions/service.h"
#include "sandbar/control/users/types.h"

// Accounts: signing up, signing in, choosing the team. A sign-in for an unknown address takes as long and
// says the same as one with a wrong password, and guessing ends in a pause.

namespace sandbar::control::users {

struct UserRow;
struct LoginRow;

class UsersService {
 public:
  struct Parts {
    pg::Database& database;
    access::Passwords& passwords;
    const access::Tokens& tokens;
    const access::Keys& keys;
    access::RateLimiter& limiter;
    sessions::SessionService& sessions;
    UserOptions options = {};
  };
  explicit UsersService(Parts parts) : parts_(std::move(parts)) {}

  using SignedUp = std::variant<SignIn, PendingSignup>;
  // The user, a default team and the membership as owner, or nothing; with mails only the user, who is then
  // inactive.
  Task<Result<SignedUp>> sign_up(NewUser user, access::Client client);
  // The first platform admin; invalid_state once there is one.
  Task<Result<SignIn>> create_first_admin(NewUser user);
  // rate_limited after too many wrong passwords: `wait` says for how long.
  struct LoginTry {
    std::string email;
    Secret password;
    access::Client client;
  };
  Task<Result<SignIn>> sign_in(LoginTry login, std::optional<std::chrono::seconds>& wait);
  // With a refresh token; lands in the team that the session was in.
  Task<Result<SignIn>> renew(std::string refresh_token);
  Task<Result<SignIn>> switch_team(access::Actor actor, TeamId team);

  // In the transaction of the caller, who has proof that the client is that user.
  Task<Result<SignIn>> sign_in_as(pg::Transaction& tx, UserId user, access::Client client);
  // Who that identity signs in; a new user on its first visit. email_taken if the address belongs to an
  // account that signs in otherwise, account_disabled.
  Task<Result<UserId>> user_of_identity(pg::Transaction& tx, Identity identity, access::Client client);
  // already_exists if it signs in somebody else, or the user has another one of that provider.
  Task<Result<void>> connect_identity(pg::Transaction& tx, access::Actor actor, Identity identity);

  const Parts& parts() const { return parts_; }
  access::RateLimiter& limiter() { return parts_.limiter; }
  const UserOptions& options() const { return parts_.options; }

 private:
  Task<Result<SignIn>> create_active_in(UserRow user, access::Client client, pg::Transaction& tx);
  Task<Result<bool>> create_inactive_in(UserRow user, pg::Transaction& tx);
  Task<Result<SignIn>> refuse_login(std::optional<LoginRow> row, LoginTry login);
  Task<Result<SignIn>> complete_sign_in(UserId user, std::string password_hash, LoginTry login,
                                        pg::Transaction& tx);
  Task<Result<SignIn>> renewed_in(sessions::Renewal renewal, pg::Transaction& tx);
  Task<Result<UserId>> create_of_identity(pg::Transaction& tx, Identity identity, access::Client client);

  Parts parts_;
};

// The answer to a sign-in of that session.
SignIn signed_in(const access::Tokens& tokens, const Landing& landing, SessionId session,
                 Secret refresh_token);

}  // namespace sandbar::control::users
