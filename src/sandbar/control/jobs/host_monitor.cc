// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/jobs/host_monitor.h"

#include "sandbar/control/audit/service.h"
#include "sandbar/control/jobs/events.h"
#include "sandbar/control/jobs/store.h"

namespace sandbar::control::jobs {

Task<Result<JobReport>> HostMonitor::run(Leadership leadership) {
  if (std::chrono::steady_clock::now() - leadership.since < timings_.host_stale_after) co_return JobReport{};
  co_return co_await database_.transaction<JobReport>(std::bind_front(&HostMonitor::mark_lost_in, this));
}

Task<Result<JobReport>> HostMonitor::mark_lost_in(pg::Transaction& tx) {
  CO_TRY(auto lost, co_await mark_hosts_unreachable(tx, timings_.host_stale_after));
  JobReport report{.changed = static_cast<int>(lost.size())};
  std::vector<audit::Event> events;
  for (const auto& host : lost) events.push_back(host_event(audit::What::host_marked_down, host));
  CO_TRY(auto missing, co_await mark_sandboxes_missing(tx));
  report.changed += static_cast<int>(missing.size());
  for (const auto& row : missing)
    events.push_back(sandbox_event(audit::What::sandbox_missing, row, "host silent"));
  CO_TRY_VOID(co_await audit::record_all(tx, std::move(events)));
  co_return report;
}

}  // namespace sandbar::control::jobs
