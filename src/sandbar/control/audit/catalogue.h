// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "sandbar/base/enum_name.h"

// The catalogue of events: what can be recorded, and everything about an entry that does not depend on the
// case. One row each in events.def. Since record() takes an enumerator, an event that the catalogue lacks
// does not compile, and no caller chooses scope or status.

namespace sandbar::control::audit {

// Who may read an entry: every member, or owners and admins.
enum class Scope { team, admin };
BOOST_DESCRIBE_ENUM(Scope, team, admin)

enum class Status { success, info, warning, error };
BOOST_DESCRIBE_ENUM(Status, success, info, warning, error)

enum class What : std::uint8_t {
#define SANDBAR_EVENT(name, type, action, scope, status, metadata, meaning) name,
#include "sandbar/control/audit/events.def"
#undef SANDBAR_EVENT
};

struct EventType {
  What what;
  std::string_view resource_type, action;
  Scope scope;
  Status status;
  std::string_view metadata;  // keys, separated by spaces
  std::string_view meaning;
};

std::span<const EventType> catalogue();
const EventType& type_of(What what);

}  // namespace sandbar::control::audit
