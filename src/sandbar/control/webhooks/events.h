// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/audit/types.h"
#include "sandbar/control/webhooks/types.h"

namespace sandbar::control::webhooks {

// An entry of a team's audit chain.
struct ChainEntry {
  std::int64_t seq = 0;
  AuditLogId id;
  access::ActorType actor_type = access::ActorType::system;
  std::optional<std::string> actor_id;
  std::string actor_name, resource_type;
  std::optional<std::string> resource_id;
  std::string action;
  audit::Status status = audit::Status::success;
  boost::json::object metadata;
  Time created_at{};
};
BOOST_DESCRIBE_STRUCT(ChainEntry, (),
                      (seq, id, actor_type, actor_id, actor_name, resource_type, resource_id, action, status,
                       metadata, created_at))

// "sandbox.create"
std::string event_name(const ChainEntry& entry);
// What is sent for it, and for a ping.
std::string event_body(const ChainEntry& entry, TeamId team);
std::string ping_body(const Webhook& webhook, Time now);

// "sandbox.create", "sandbox.*" or "*".
bool is_pattern(std::string_view text);
bool matches(const std::vector<std::string>& patterns, std::string_view event);

}  // namespace sandbar::control::webhooks
