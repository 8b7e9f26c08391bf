// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/base/clock.h"
#include "sandbar/control/events/types.h"
#include "sandbar/json/decode.h"

namespace sandbar::control::events {

struct TicketView {
  std::string ticket;
  Time expires_at{};
};
BOOST_DESCRIBE_STRUCT(TicketView, (), (ticket, expires_at))

struct EventsQuery {
  std::optional<std::int64_t> since;  // `seq` of the last message that was received
  Scope scope = Scope::team;
};
BOOST_DESCRIBE_STRUCT(EventsQuery, (), (since, scope))

}  // namespace sandbar::control::events
