// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string>

#include "sandbar/base/clock.h"
#include "sandbar/control/access/types.h"
#include "sandbar/control/audit/catalogue.h"

namespace sandbar::control::audit {

// One thing that happened, to be recorded. Make it with happened(), so that an event which the catalogue
// lacks does not compile:
//   record(tx, happened(What::team_rename, team, actor, team.str(), {{"old_name", old}, {"new_name", name}}))
struct Event {
  TeamId team;                             // whose log: kPlatformTeam for what concerns no team
  access::Actor actor;                     // or access::system_actor()
  std::string resource_type, action;       // of a row of the catalogue
  std::optional<std::string> resource_id;  // wire id, or the name of a snapshot
  Status status = Status::success;
  Scope scope = Scope::team;
  boost::json::object metadata = {};  // only the keys that the catalogue names; no secrets, no fractions
};

Event happened(What what, TeamId team, access::Actor actor, std::optional<std::string> resource_id = {},
               boost::json::object metadata = {});

// What part of the log is meant; `before` (with `before_id` among entries of one moment) is where a page
// ended.
struct Span {
  std::optional<Time> before = {};
  std::optional<AuditLogId> before_id = {};
  std::optional<Time> from = {}, to = {};  // from <= created_at < to
};

struct Entry {
  AuditLogId id;
  TeamId team_id;
  access::ActorType actor_type = access::ActorType::system;
  std::optional<std::string> actor_id;
  std::string actor_name;
  std::string resource_type;
  std::optional<std::string> resource_id;
  std::string action;
  Scope scope = Scope::team;
  Status status = Status::success;
  boost::json::object metadata;
  std::string source_ip, user_agent;
  Time created_at;
  std::optional<std::int64_t> seq;  // both only once it is on the chain
  std::optional<std::string> hash;
};
BOOST_DESCRIBE_STRUCT(Entry, (),
                      (id, team_id, actor_type, actor_id, actor_name, resource_type, resource_id, action,
                       scope, status, metadata, source_ip, user_agent, created_at, seq, hash))

}  // namespace sandbar::control::audit
