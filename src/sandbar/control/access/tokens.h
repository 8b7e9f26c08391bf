// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "sandbar/base/clock.h"
#include "sandbar/control/access/secrets.h"
#include "sandbar/control/access/types.h"

// JSON web tokens of users and hosts (HS256, one key for each kind). Role, name and admin flag in a user's
// token are hints for user interfaces; nothing here or elsewhere decides by them. Not for two threads at
// once.

namespace sandbar::control::access {

inline constexpr std::chrono::hours kUserTokenLifetime{6};
inline constexpr std::chrono::hours kHostTokenLifetime{7 * 24};

struct UserClaims {
  UserId sub;
  SessionId sid;
  std::optional<TeamId> team_id;
  std::optional<TeamRole> role;
  std::string email, name;
  std::optional<bool> is_admin;  // present only if true
  std::int64_t iat = 0, exp = 0;
};
BOOST_DESCRIBE_STRUCT(UserClaims, (), (sub, sid, team_id, role, email, name, is_admin, iat, exp))

class Tokens {
 public:
  Tokens(const Keys& keys, const Clock& clock, std::chrono::milliseconds user_lifetime = kUserTokenLifetime)
      : users_(keys.user_jwt), hosts_(keys.host_jwt), clock_(clock), user_lifetime_(user_lifetime) {}

  // iat and exp are filled in.
  std::string issue(UserClaims claims) const;
  std::string issue(HostId host, std::chrono::milliseconds lifetime = kHostTokenLifetime) const;
  // unauthorized for anything but a token of that kind that is still valid.
  Result<UserClaims> read_user(std::string_view token) const;
  Result<HostId> read_host(std::string_view token) const;

 private:
  std::int64_t now() const;
  Hmac users_, hosts_;
  const Clock& clock_;
  std::chrono::milliseconds user_lifetime_;
};

}  // namespace sandbar::control::access
