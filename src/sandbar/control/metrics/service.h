// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "sandbar/control/metrics/types.h"
#include "sandbar/control/sandboxes/service.h"

// What a sandbox uses, as its host measured it. Hosts keep measurements in memory while they have the
// sandbox; what would be lost is stored: of running sandboxes from time to time, of paused ones once, and of
// others before they are destroyed.

namespace sandbar::control::metrics {

class MetricsService {
 public:
  struct Parts {
    pg::Database& database;
    sandboxes::SandboxService& sandboxes;
    const Clock& clock;
    Settings settings;
  };
  explicit MetricsService(Parts parts) : parts_(std::move(parts)) {}

  struct Measured {
    sandboxes::Sandbox sandbox;
    std::vector<Point> points;
  };
  // The last time that the range says, of a sandbox that does not run any more before its end.
  // invalid_request for a range that is not in the table; not_found for a sandbox that is gone, and of which
  // nothing was stored.
  Task<Result<Measured>> of_sandbox(access::Actor actor, SandboxId id, std::string range);

  // Stores what the host has; it takes no longer than a moment, and never fails.
  Task<void> keep(sandboxes::Sandbox sandbox);
  // Jobs: how many sandboxes' measurements were stored, or forgotten.
  Task<Result<int>> store_due();
  Task<Result<int>> prune();

 private:
  Task<Result<std::vector<agents::MetricSample>>> ask_host(sandboxes::Sandbox sandbox, Time since);
  Task<Result<void>> store(sandboxes::Sandbox sandbox);
  Task<void> store_counted(sandboxes::Sandbox sandbox, int& stored);

  Parts parts_;
};

}  // namespace sandbar::control::metrics
