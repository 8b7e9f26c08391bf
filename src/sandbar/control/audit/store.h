// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "sandbar/control/audit/types.h"
#include "sandbar/pg/database.h"

namespace sandbar::control::audit {

struct EntryQuery {
  std::optional<TeamId> team;  // nothing: all teams
  std::vector<Scope> scopes;
  std::optional<std::vector<std::string>> events;  // nothing: any
  std::vector<std::string> actors;                 // empty: any
  std::optional<std::string> resource_id;
  Span span;
  std::optional<std::string> text;
  int limit = 50;
};

// Empty, or what kept the entries from the log.
Task<Result<std::string>> insert_entries(pg::Session& session, std::string json);
Task<Result<std::vector<Entry>>> list_entries(pg::Session& session, EntryQuery query);

}  // namespace sandbar::control::audit
