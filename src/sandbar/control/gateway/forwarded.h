// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "sandbar/http/message.h"

// What a service in a sandbox is told about the way that its request came: X-Forwarded-For, -Proto, -Host and
// Forwarded.

namespace sandbar::control::gateway {

struct Way {
  std::string peer;              // "203.0.113.7:4711"
  bool is_secure = false;        // over TLS
  bool is_from_a_proxy = false;  // of ours: what it says of the way before is believed
};

void add_forwarded(http::Headers& headers, const Way& way);
// A mask such as "localhost:${PORT}" for one port.
std::string host_of_mask(std::string mask, int port);

}  // namespace sandbar::control::gateway
