// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/access/types.h"
#include "sandbar/pg/database.h"

// Tickets open WebSockets for browsers, which cannot send credentials with the handshake: "?ticket=…" stands
// in an address, so it is good once and for half a minute. A ticket names the session or key that asked for
// it and holds no right of its own: what it opens is decided when it is used.

namespace sandbar::control::access {

struct Ticket {
  std::string token;
  Time expires_at{};
};

class Tickets {
 public:
  explicit Tickets(pg::Database& database) : database_(database) {}

  Task<Result<Ticket>> issue(Actor actor);
  // Uses the ticket up. unauthorized for one that is unknown, used or too old, or whose maker is nobody any
  // more.
  Task<Result<Actor>> redeem(std::string token);

 private:
  pg::Database& database_;
};

}  // namespace sandbar::control::access
