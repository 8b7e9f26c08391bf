// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

#include "sandbar/pg/database.h"

// Puts new entries of the audit log on their teams' chains (docs/adr/0014-audit-chain.md), and those that the
// log had refused into the log. Every replica runs one; a lock lets one of them work at a time, and a batch
// is one transaction, so that a sealer may be killed at any moment.

namespace sandbar::control::audit {

class Sealer {
 public:
  Sealer(pg::Database& database, std::chrono::milliseconds period) : database_(database), period_(period) {}

  // Until cancelled.
  Task<void> run();
  // Everything that waits now, unless another replica is at it: how many entries.
  Task<Result<int>> seal();

 private:
  pg::Database& database_;
  std::chrono::milliseconds period_;
};

}  // namespace sandbar::control::audit
