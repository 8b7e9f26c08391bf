// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sandbar/base/enum_name.h"
#include "sandbar/base/id.h"

namespace sandbar::control::events {

enum class Audience { team, managers };
BOOST_DESCRIBE_ENUM(Audience, team, managers)

enum class Action { created, updated, deleted };
BOOST_DESCRIBE_ENUM(Action, created, updated, deleted)

// Whose changes a socket tells of: its team's, or for platform admins everybody's.
enum class Scope { team, platform };
BOOST_DESCRIBE_ENUM(Scope, team, platform)

// Changes are told in the order of their transactions. Where a reader stands is a row of the table.
struct Position {
  std::int64_t xid = 0, seq = 0;
  auto operator<=>(const Position&) const = default;
};
BOOST_DESCRIBE_STRUCT(Position, (), (xid, seq))

struct Change {
  std::int64_t xid = 0, seq = 0;
  std::optional<TeamId> team_id;
  std::optional<UserId> user_id;
  Audience audience = Audience::team;
  std::string resource;
  Uuid id;
  Action action = Action::updated;
  std::optional<boost::json::object> patch;

  Position position() const { return {xid, seq}; }
};
BOOST_DESCRIBE_STRUCT(Change, (), (xid, seq, team_id, user_id, audience, resource, id, action, patch))

// What one reading brought, shared by all who listen. None: something may have been missed.
using Batch = std::shared_ptr<const std::vector<Change>>;

}  // namespace sandbar::control::events
