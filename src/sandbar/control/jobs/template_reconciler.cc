// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/jobs/template_reconciler.h"

#include "sandbar/async/timer.h"
#include "sandbar/async/together.h"
#include "sandbar/control/jobs/store.h"
#include "sandbar/log/log.h"

namespace sandbar::control::jobs {

Task<Result<JobReport>> TemplateReconciler::run(Leadership) {
  CO_TRY(auto hosts, co_await list_reachable_hosts(database_));
  auto total = co_await visit_all(std::move(hosts));
  CO_TRY(auto deleted, co_await delete_unheld_templates(database_));
  total.changed += deleted;
  co_return total;
}

Task<Result<JobReport>> TemplateReconciler::run_for_new(Leadership) {
  CO_TRY(auto hosts, co_await list_hosts_with_new_templates(database_));
  co_return co_await visit_all(std::move(hosts));
}

Task<JobReport> TemplateReconciler::visit_all(std::vector<HostRow> hosts) {
  JobReport total;
  std::vector<Task<void>> visits;
  for (const auto& host : hosts) visits.push_back(visit_safely(host, total));
  co_await run_together("visit host", std::move(visits));
  co_return total;
}

Task<void> TemplateReconciler::visit_safely(HostRow host, JobReport& total) {
  auto done = co_await with_timeout(timings_.host_call, "visiting a host", visit(host));
  if (!done) {
    log::debug("templates not reconciled", {{"host", host.id}, {"error", done.error()}});
    co_return;
  }
  total.checked += done->checked;
  total.changed += done->changed;
}

Task<Result<JobReport>> TemplateReconciler::visit(HostRow host) {
  CO_TRY(auto agent, agents_.client_of({host.id, host.address, host.cert_fingerprint}));
  CO_TRY(auto reports, co_await agent->list_templates());
  for (const auto& report : reports) CO_TRY_VOID(co_await record_template(database_, host.id, report));
  CO_TRY(auto removed, co_await remove_files(host.id, agent));
  co_return JobReport{static_cast<int>(reports.size()), removed};
}

// A host that still needs the files says so, and is asked again.
Task<Result<int>> TemplateReconciler::remove_files(HostId host, agents::AgentClientPtr agent) {
  CO_TRY(auto removals, co_await list_template_removals(database_, host));
  int removed = 0;
  for (auto id : removals) {
    auto deleted = co_await agent->delete_template(id);
    if (!deleted) continue;
    CO_TRY_VOID(co_await forget_template(database_, host, id));
    ++removed;
  }
  co_return removed;
}

}  // namespace sandbar::control::jobs
