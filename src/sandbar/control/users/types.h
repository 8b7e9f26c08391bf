// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/describe/class.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "sandbar/base/clock.h"
#include "sandbar/base/secret.h"
#include "sandbar/control/access/rate_limiter.h"
#include "sandbar/control/access/types.h"

namespace sandbar::control::users {

struct UserOptions {
  bool mails_are_sent = false;  // then an account is active only once its address is proved
  std::chrono::milliseconds activation_lifetime{std::chrono::minutes(30)};
  std::chrono::milliseconds reset_lifetime{std::chrono::minutes(15)};
  std::chrono::milliseconds mail_pause{std::chrono::minutes(1)};  // between two reset mails to one address
  int login_tries = 10;  // wrong passwords for one account from one address until the pause
  std::chrono::milliseconds login_pause{std::chrono::minutes(5)};
  // For each address of a caller.
  access::RateLimit signups{60, 60}, logins{60, 60}, mails{20, 20}, refreshes{120, 120};
};

struct NewUser {
  std::string email, name;
  Secret password;
};

// Who somebody is at another provider, which has proved that the address is theirs.
struct Identity {
  std::string provider, provider_id;
  std::string email, name;
};

// What a sign-in is about; the token says the same.
struct SignIn {
  std::string token;
  UserId user_id;
  std::optional<TeamId> team_id;
  std::string email, name;
  Secret refresh_token;  // of a new or renewed session; else empty
};

// The account waits for the link in a mail.
struct PendingSignup {
  std::string email;
};

// What somebody who signs in is and where they land.
struct Landing {
  UserId id;
  std::string email, name;
  bool is_admin = false;
  access::UserStatus status = access::UserStatus::disabled;
  std::optional<std::string> password_hash;
  std::optional<TeamId> team_id;
  std::optional<access::TeamRole> role;
};
BOOST_DESCRIBE_STRUCT(Landing, (), (id, email, name, is_admin, status, password_hash, team_id, role))

struct Profile {
  bool has_password = false;
  std::vector<std::string> providers;
};
BOOST_DESCRIBE_STRUCT(Profile, (), (has_password, providers))

// A user as a platform admin sees it.
struct ListedUser {
  UserId id;
  std::string email, name;
  bool is_admin = false;
  access::UserStatus status = access::UserStatus::disabled;
  int teams = 0;
  Time created_at{};
  std::optional<Time> last_seen_at;
};
BOOST_DESCRIBE_STRUCT(ListedUser, (), (id, email, name, is_admin, status, teams, created_at, last_seen_at))

struct ListUsers {
  std::string search;  // part of address or name; or empty
  std::optional<std::string> cursor;
  int limit = 0;
};

struct UserPage {
  std::vector<ListedUser> items;
  std::optional<std::string> next_cursor;
};

}  // namespace sandbar::control::users
