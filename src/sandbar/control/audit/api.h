// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/audit/types.h"

namespace sandbar::control::audit {

// `resource_type` and `action` may be repeated or separated by commas.
struct ListAuditLogsQuery {
  int limit = 50;
  std::optional<Time> before;
  std::optional<AuditLogId> before_id;
  std::vector<std::string> resource_type, action;
};
BOOST_DESCRIBE_STRUCT(ListAuditLogsQuery, (), (limit, before, before_id, resource_type, action))

struct AuditLogView {
  AuditLogId id;
  access::ActorType actor_type = access::ActorType::system;
  std::optional<std::string> actor_id, actor_name;
  std::string resource_type;
  std::optional<std::string> resource_id;
  std::string action;
  Scope scope = Scope::team;
  Status status = Status::success;
  std::optional<boost::json::object> metadata;
  Time created_at{};
};
BOOST_DESCRIBE_STRUCT(AuditLogView, (),
                      (id, actor_type, actor_id, actor_name, resource_type, resource_id, action, scope,
                       status, metadata, created_at))

struct AuditLogPage {
  std::vector<AuditLogView> items;
  std::optional<Time> next_before;  // both absent on the last page
  std::optional<AuditLogId> next_before_id;
};
BOOST_DESCRIBE_STRUCT(AuditLogPage, (), (items, next_before, next_before_id))

}  // namespace sandbar::control::audit
