// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/jobs/jobs.h"

#include <algorithm>
#include <iterator>

namespace sandbar::control::jobs {
namespace {

template <class J>
std::function<Task<Result<JobReport>>(Leadership)> run_of(J& job) {
  return std::bind_front(&J::run, &job);
}

}  // namespace

Jobs::Jobs(pg::Database& database, agents::AgentPool& agents, Timings timings, std::vector<Job> more)
    : timings_(timings),
      host_monitor_(database, timings_),
      sandboxes_(database, agents, timings_),
      templates_(database, agents, timings_),
      cleanup_(database),
      driver_(database, table(std::move(more)), timings_.period) {}

std::vector<Job> Jobs::table(std::vector<Job> more) {
  auto soon = std::min<std::chrono::milliseconds>(timings_.period, std::chrono::seconds(1));
  std::vector<Job> jobs{
      {"host_monitor", timings_.period, run_of(host_monitor_)},
      {"template_reconciler", timings_.period, run_of(templates_)},
      {"new_templates", soon, std::bind_front(&TemplateReconciler::run_for_new, &templates_)},
      {"sandbox_reconciler", timings_.period, run_of(sandboxes_)},
      {"differing_hosts", soon, std::bind_front(&SandboxReconciler::run_for_differing, &sandboxes_)},
      {"cleanup", std::chrono::hours(1), run_of(cleanup_)},
  };
  std::ranges::move(more, std::back_inserter(jobs));
  return jobs;
}

}  // namespace sandbar::control::jobs
