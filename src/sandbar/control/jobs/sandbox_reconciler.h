// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>

#include "sandbar/control/agents/agent_pool.h"
#include "sandbar/control/jobs/decide.h"
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

 private:
  struct Visit {
    HostRow host;
    agents::AgentClientPtr agent;
    Time asked_at{};
    std::map<SandboxId, agents::SandboxReport> reports = {};
    JobReport done = {};
  };
  Task<void> visit_safely(HostRow host, JobReport& total);
  Task<Result<JobReport>> visit(HostRow host);
  Task<Result<void>> repair_row(Visit& visit, SandboxRow row);
  Task<Result<void>> settle(Visit& visit, SandboxRow row, Verdict verdict);
  Task<Result<void>> end(Visit& visit, SandboxRow row, Verdict verdict);
  Task<Result<void>> remove_orphans(Visit& visit);
  Task<Result<bool>> is_orphan(Visit& visit, SandboxId id);
  Task<Result<JobReport>> end_unplaced_in(pg::Transaction& tx);

  pg::Database& database_;
  agents::AgentPool& agents_;
  const Timings& timings_;
  std::map<SandboxId, Time> orphans_;  // when each was seen first
};

}  // namespace sandbar::control::jobs
