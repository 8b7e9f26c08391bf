// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "sandbar/control/audit/types.h"
#include "sandbar/pg/database.h"

// Who did what. Features call record() with the transaction that makes the change, so that neither exists
// without the other; the database refuses to change an entry afterwards.

namespace sandbar::control::audit {

Task<Result<void>> record(pg::Session& session, Event event);

struct Filter {
  int limit = 50;
  std::optional<Time> before;
  std::optional<AuditLogId> before_id;
  std::vector<std::string> resource_types, actions;
};

struct EntryPage {
  std::vector<Entry> entries;
  bool more = false;
};

class AuditService {
 public:
  explicit AuditService(pg::Database& database) : database_(database) {}

  // Newest first. Members see the team's scope, owners and admins everything; the role is the present one.
  Task<Result<EntryPage>> list(access::Actor actor, Filter filter);

 private:
  pg::Database& database_;
};

}  // namespace sandbar::control::audit
