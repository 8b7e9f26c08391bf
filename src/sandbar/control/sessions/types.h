// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/describe/class.hpp>
#include <chrono>
#include <optional>
#include <string>

#include "sandbar/base/clock.h"
#include "sandbar/base/secret.h"
#include "sandbar/control/access/types.h"

namespace sandbar::control::sessions {

struct SessionOptions {
  std::chrono::milliseconds lifetime{std::chrono::hours(30 * 24)};  // without a refresh
  bool is_secure = false;  // browsers reach us through https, so cookies go nowhere else
};

struct Session {
  SessionId id;
  std::string ip, user_agent;
  Time created_at{}, last_seen_at{}, expires_at{};
};
BOOST_DESCRIBE_STRUCT(Session, (), (id, ip, user_agent, created_at, last_seen_at, expires_at))

// A session that has just begun, and the one thing that can renew it.
struct OpenedSession {
  SessionId id;
  Secret refresh_token;
};

// Whose session a refresh token belongs to, and the token's successor.
struct Renewal {
  SessionId id;
  UserId user_id;
  std::optional<TeamId> team_id;  // that the session was in last
  Secret refresh_token;
};

}  // namespace sandbar::control::sessions
