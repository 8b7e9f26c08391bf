// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/metrics/types.h"
#include "sandbar/pg/database.h"

namespace sandbar::control::metrics {

// A sandbox whose measurements ought to be stored, and where they are.
struct Due {
  SandboxId id;
  TeamId team_id;
  HostId host_id;
  std::string host_address, host_fingerprint;
};
BOOST_DESCRIBE_STRUCT(Due, (), (id, team_id, host_id, host_address, host_fingerprint))

Task<Result<std::vector<Point>>> list_points(pg::Session& session, SandboxId id, const Tier& tier);
// Adds them, and forgets what is older than the tier reaches back from the newest.
Task<Result<void>> put_points(pg::Session& session, SandboxId id, const Tier& tier,
                              std::vector<Point> points);
Task<Result<void>> mark_stored(pg::Session& session, SandboxId id);
// Running ones after each period, paused ones once; one that was claimed is not due again for a while.
Task<Result<std::vector<Due>>> claim_due(pg::Session& session, std::chrono::milliseconds period, int limit);
Task<Result<int>> delete_old(pg::Session& session, std::chrono::milliseconds retention);

}  // namespace sandbar::control::metrics
