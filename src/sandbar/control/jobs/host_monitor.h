// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/jobs/types.h"
#include "sandbar/pg/database.h"

namespace sandbar::control::jobs {

// Hosts whose heartbeats have stopped become unreachable, and their sandboxes missing; a heartbeat brings the
// host back, and then the reconciler its sandboxes. Nobody is lost during the first `host_stale_after` of a
// leadership.
class HostMonitor {
 public:
  HostMonitor(pg::Database& database, const Timings& timings) : database_(database), timings_(timings) {}
  Task<Result<JobReport>> run(Leadership leadership);

 private:
  Task<Result<JobReport>> mark_lost_in(pg::Transaction& tx);

  pg::Database& database_;
  const Timings& timings_;
};

}  // namespace sandbar::control::jobs
