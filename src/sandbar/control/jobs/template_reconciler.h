// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/agents/agent_pool.h"
#include "sandbar/control/jobs/types.h"
#include "sandbar/pg/database.h"

namespace sandbar::control::jobs {

// Records which host holds which template, makes base templates ready, and has removed templates' files
// deleted on hosts that were away at that time. Files that no row knows are left alone.
class TemplateReconciler {
 public:
  TemplateReconciler(pg::Database& database, agents::AgentPool& agents, const Timings& timings)
      : database_(database), agents_(agents), timings_(timings) {}
  Task<Result<JobReport>> run(Leadership leadership);
  // Only hosts that hold a base template which is not ready yet: cheap enough to be done every second.
  Task<Result<JobReport>> run_for_new(Leadership leadership);

 private:
  Task<JobReport> visit_all(std::vector<HostRow> hosts);
  Task<void> visit_safely(HostRow host, JobReport& total);
  Task<Result<JobReport>> visit(HostRow host);
  Task<Result<int>> remove_files(HostId host, agents::AgentClientPtr agent);

  pg::Database& database_;
  agents::AgentPool& agents_;
  const Timings& timings_;
};

}  // namespace sandbar::control::jobs
