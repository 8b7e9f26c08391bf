// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "sandbar/base/clock.h"
#include "sandbar/control/access/secrets.h"
#include "sandbar/control/access/types.h"

// JSON web tokens of users and hosts (RFC 7519; HS256, one key for each kind). The header's `kid` names the
// key, so that a new one can sign while tokens of the old one are still believed. Role, name and admin flag
// in a user's token are hints for user interfaces; nothing here or elsewhere decides by them. Not for two
// threads at once.

namespace sandbar::control::access {

inline constexpr std::chrono::hours kUserTokenLifetime{6};
inline constexpr std::chrono::hours kHostTokenLifetime{7 * 24};

struct UserClaims {
  std::string iss = {}, aud = {}, jti = {};
  UserId sub;
  SessionId sid;
  std::optional<TeamId> team_id;
  std::optional<TeamRole> role;
  std::string email, name;
  std::optional<bool> is_admin;  // present only if true
  std::int64_t iat = 0, exp = 0;
};
BOOST_DESCRIBE_STRUCT(UserClaims, (),
                      (iss, aud, jti, sub, sid, team_id, role, email, name, is_admin, iat, exp))

class Tokens {
 public:
  Tokens(const Keys& keys, const Clock& clock, std::chrono::milliseconds user_lifetime = kUserTokenLifetime);

  // What every token has (iss, aud, jti, iat, exp) is filled in.
  std::string issue(UserClaims claims) const;
  std::string issue(HostId host, std::chrono::milliseconds lifetime = kHostTokenLifetime) const;
  // unauthorized for anything but a token of that kind that is still valid.
  Result<UserClaims> read_user(std::string_view token) const;
  Result<HostId> read_host(std::string_view token) const;

  // The begin of the tokens that one key signs, and that key.
  struct Signer {
    std::string header;
    Hmac hmac;
  };

 private:
  std::int64_t now() const;
  std::vector<Signer> users_, hosts_;
  const Clock& clock_;
  std::chrono::milliseconds user_lifetime_;
};

}  // namespace sandbar::control::access
