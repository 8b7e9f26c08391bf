// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sandbar/control/access/types.h"
#include "sandbar/control/audit/types.h"
#include "sandbar/control/sandboxes/types.h"
#include "sandbar/pg/database.h"

namespace sandbar::control::sandboxes {

// A move that an agent's report confirms, and how it is recorded.
struct Settling {
  access::Actor actor;
  agents::SandboxReport report;
  std::vector<SandboxState> from;
  SandboxState to;
  std::string cause;
  audit::What what = audit::What::sandbox_create;
};

// The row as it is then. invalid_state if it was moved meanwhile to where the report does not lead; when the
// reconciler has heard of it before, this is a success.
Task<Result<Sandbox>> settle(pg::Database& database, Settling move);

// Moves of one kind (only actors and reports differ), in their order. Nothing for those whose row was moved
// meanwhile, or is passed over.
Task<Result<std::vector<std::optional<Sandbox>>>> settle_rows(pg::Transaction& tx,
                                                              std::vector<Settling> moves,
                                                              IfLocked if_locked);

}  // namespace sandbar::control::sandboxes
