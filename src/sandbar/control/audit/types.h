// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string>

#include "sandbar/base/clock.h"
#include "sandbar/control/access/types.h"

namespace sandbar::control::audit {

// Who may read an entry: every member, or owners and admins.
enum class Scope { team, admin };
BOOST_DESCRIBE_ENUM(Scope, team, admin)

enum class Status { success, info, warning, error };
BOOST_DESCRIBE_ENUM(Status, success, info, warning, error)

// One thing that happened, to be recorded.
struct Event {
  TeamId team;
  access::Actor actor;
  std::string resource_type, action;       // "sandbox", "create"
  std::optional<std::string> resource_id;  // wire id, or the name of a template
  Status status = Status::success;
  Scope scope = Scope::team;
  boost::json::object metadata = {};
};

struct Entry {
  AuditLogId id;
  access::ActorType actor_type = access::ActorType::system;
  std::optional<std::string> actor_id;
  std::string actor_name;
  std::string resource_type;
  std::optional<std::string> resource_id;
  std::string action;
  Scope scope = Scope::team;
  Status status = Status::success;
  boost::json::object metadata;
  Time created_at;
};
BOOST_DESCRIBE_STRUCT(Entry, (),
                      (id, actor_type, actor_id, actor_name, resource_type, resource_id, action, scope,
                       status, metadata, created_at))

}  // namespace sandbar::control::audit
