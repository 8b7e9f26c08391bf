// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/sessions/types.h"

namespace sandbar::control::sessions {

struct SessionView {
  SessionId id;
  std::string ip, user_agent;
  Time created_at{}, last_seen_at{}, expires_at{};
  bool is_current = false;
};
BOOST_DESCRIBE_STRUCT(SessionView, (), (id, ip, user_agent, created_at, last_seen_at, expires_at, is_current))

}  // namespace sandbar::control::sessions
