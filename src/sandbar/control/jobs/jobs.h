// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/jobs/cleanup.h"
#include "sandbar/control/jobs/driver.h"
#include "sandbar/control/jobs/host_monitor.h"
#include "sandbar/control/jobs/sandbox_reconciler.h"
#include "sandbar/control/jobs/template_reconciler.h"

namespace sandbar::control::jobs {

// All jobs of control, on one thread of each replica:
//   jobs::Jobs jobs(database, agents, timings);
//   supervisor.spawn("jobs", jobs.run());
class Jobs {
 public:
  // `more` are jobs of features that have their own services.
  Jobs(pg::Database& database, agents::AgentPool& agents, Timings timings, std::vector<Job> more = {});
  Jobs(const Jobs&) = delete;

  Task<void> run() { return driver_.run(); }

 private:
  std::vector<Job> table(std::vector<Job> more);

  Timings timings_;
  HostMonitor host_monitor_;
  SandboxReconciler sandboxes_;
  TemplateReconciler templates_;
  Cleanup cleanup_;
  Driver driver_;
};

}  // namespace sandbar::control::jobs
