// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "sandbar/control/agents/agent_pool.h"
#include "sandbar/control/jobs/decide.h"
#include "sandbar/control/jobs/store.h"
#include "sandbar/pg/database.h"

namespace sandbar::control::jobs {

// Compares rows with what each host holds, both ways: rows follow their agents' reports, what has vanished is
// stopped, what runs without a live row is destroyed after a grace period. Hosts are asked in parallel, each
// within a deadline; one that does not answer is skipped.
class SandboxReconciler {
 public:
  SandboxReconciler(pg::Database& database, agents::AgentPool& agents, const Timings& timings)
      : database_(database), agents_(agents), timings_(timings) {}
  Task<Result<JobReport>> run(Leadership leadership);
  // The same for hosts that have just told of other sandboxes than are known: after a restart, which paused
  // them, nobody should wait for the next round of all.
  Task<Result<JobReport>> run_for_differing(Leadership leadership);

 private:
  struct Visit {
    HostRow host;
    agents::AgentClientPtr agent;
    Time asked_at{};
    std::map<SandboxId, agents::SandboxReport> reports = {};
    std::vector<Refresh> refreshes = {};
    JobReport done = {};
  };
  struct Round {
    std::vector<HostRow> hosts;
    Time asked_at{};  // before any host was asked, by the database's clock
    std::size_t next = 0;
    JobReport total;
  };
  Task<Result<JobReport>> visit_all(Round round);
  Task<void> visit_some(Round& round);
  Task<Result<JobReport>> visit(HostRow host, Time asked_at);
  Task<Result<void>> repair_row(Visit& visit, SandboxRow row);
  Task<Result<void>> settle(Visit& visit, SandboxRow row, Verdict verdict);
  Task<Result<void>> end(Visit& visit, SandboxRow row, Verdict verdict);
  Task<bool> destroy(Visit& visit, SandboxId id);
  Task<Result<void>> look_into_the_rest(Visit& visit);
  Task<Result<JobReport>> end_unplaced_in(pg::Transaction& tx);

  pg::Database& database_;
  agents::AgentPool& agents_;
  const Timings& timings_;
  std::map<SandboxId, Time> orphans_;  // when each was seen first
  std::optional<Time> compared_at_;    // heartbeats before that
};

}  // namespace sandbar::control::jobs
