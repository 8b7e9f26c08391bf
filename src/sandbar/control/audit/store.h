// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "sandbar/control/audit/types.h"
#include "sandbar/pg/database.h"

namespace sandbar::control::audit {

struct EntryQuery {
  TeamId team;
  std::vector<Scope> scopes;
  std::vector<std::string> resource_types, actions;  // empty: any
  std::optional<Time> before;
  std::optional<AuditLogId> before_id;
  int limit = 50;
};

Task<Result<void>> insert_entry(pg::Session& session, Event event);
Task<Result<std::vector<Entry>>> list_entries(pg::Session& session, EntryQuery query);

}  // namespace sandbar::control::audit
