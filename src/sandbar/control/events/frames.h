// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/events/types.h"
#include "sandbar/json/encode.h"

namespace sandbar::control::events {

// The frames of the socket.
struct HelloFrame {
  std::string type = "hello";
  std::int64_t seq = 0;
  bool resumed = false;
};
BOOST_DESCRIBE_STRUCT(HelloFrame, (), (type, seq, resumed))

struct ChangedFrame {
  std::int64_t seq = 0;
  std::string type = "changed";
  std::string resource, id;
  Action action = Action::updated;
  std::optional<boost::json::object> patch;
};
BOOST_DESCRIBE_STRUCT(ChangedFrame, (), (seq, type, resource, id, action, patch))

struct PingFrame {
  std::string type = "ping";
  std::int64_t seq = 0;  // may be sent as `since` too: nothing for this socket has happened up to there
};
BOOST_DESCRIBE_STRUCT(PingFrame, (), (type, seq))

}  // namespace sandbar::control::events
