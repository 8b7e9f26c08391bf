// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/jobs/sandbox_reconciler.h"

#include "sandbar/async/timer.h"
#include "sandbar/async/together.h"
#include "sandbar/control/audit/service.h"
#include "sandbar/control/jobs/events.h"
#include "sandbar/control/jobs/store.h"
#include "sandbar/log/log.h"

namespace sandbar::control::jobs {
namespace {

using enum SandboxState;
using Kind = Verdict::Kind;

struct Change {
  Expected expected;
  Verdict verdict;
  std::optional<agents::SandboxReport> report;
  std::optional<audit::Event> event;
};

Task<Result<bool>> apply_in(Change change, pg::Transaction& tx) {
  const auto& verdict = change.verdict;
  auto moved = change.report ? settle_sandbox(tx, change.expected, *change.report, verdict.to, verdict.cause)
                             : end_sandbox(tx, change.expected, verdict.to, verdict.cause);
  CO_TRY(bool done, co_await std::move(moved));
  if (done && change.event) CO_TRY_VOID(co_await audit::record(tx, *std::move(change.event)));
  co_return done;
}

// What a move means to the team; nothing for a mere update.
std::optional<audit::Event> event_of(const SandboxRow& row, const Verdict& verdict) {
  using audit::Status;
  if (row.status == verdict.to || row.status == stopping) return std::nullopt;
  if (verdict.to == stopped) return sandbox_event(row, "stop", Status::warning, verdict.cause);
  if (verdict.to == error) return sandbox_event(row, "fail", Status::error, verdict.cause);
  if (row.status == missing) return sandbox_event(row, "restore", Status::success, verdict.cause);
  return sandbox_event(row, verdict.to == paused ? "pause" : "resume", Status::info, verdict.cause);
}

}  // namespace

Task<Result<JobReport>> SandboxReconciler::run(Leadership) {
  CO_TRY(auto total, co_await database_.transaction<JobReport>(
                         std::bind_front(&SandboxReconciler::end_unplaced_in, this)));
  CO_TRY(auto hosts, co_await list_reachable_hosts(database_));
  std::vector<Task<void>> visits;
  for (const auto& host : hosts) visits.push_back(visit_safely(host, total));
  co_await run_together("visit host", std::move(visits));
  co_return total;
}

Task<Result<JobReport>> SandboxReconciler::end_unplaced_in(pg::Transaction& tx) {
  CO_TRY(auto rows, co_await end_unplaced(tx, timings_.create_limit));
  for (const auto& row : rows)
    CO_TRY_VOID(
        co_await audit::record(tx, sandbox_event(row, "stop", audit::Status::warning, "has no host")));
  co_return JobReport{.changed = static_cast<int>(rows.size())};
}

Task<void> SandboxReconciler::visit_safely(HostRow host, JobReport& total) {
  auto done = co_await with_timeout(timings_.host_call, "visiting a host", visit(host));
  if (!done) {
    log::debug("host not reconciled", {{"host", host.id}, {"error", done.error()}});
    co_return;
  }
  total.checked += done->checked;
  total.changed += done->changed;
}

Task<Result<JobReport>> SandboxReconciler::visit(HostRow host) {
  Visit visit{.host = host};
  CO_TRY(visit.agent, agents_.client_of({host.id, host.address, host.cert_fingerprint}));
  CO_TRY(visit.asked_at, co_await current_time(database_));
  CO_TRY(auto reports, co_await visit.agent->list_sandboxes());
  for (auto& report : reports) visit.reports.emplace(report.id, report);
  CO_TRY(auto rows, co_await list_sandboxes_of_host(database_, host.id));
  for (const auto& row : rows) {
    CO_TRY_VOID(co_await repair_row(visit, row));
    visit.reports.erase(row.id);
  }
  CO_TRY_VOID(co_await remove_orphans(visit));
  co_return visit.done;
}

Task<Result<void>> SandboxReconciler::repair_row(Visit& visit, SandboxRow row) {
  ++visit.done.checked;
  auto found = visit.reports.find(row.id);
  const auto* report = found == visit.reports.end() ? nullptr : &found->second;
  auto verdict = decide(row, report, visit.asked_at, timings_);
  switch (verdict.kind) {
    case Kind::keep:
      break;
    case Kind::settle:
      co_return co_await settle(visit, std::move(row), std::move(verdict));
    case Kind::destroy:
      CO_TRY_VOID(co_await visit.agent->destroy_sandbox(row.id));
      [[fallthrough]];
    case Kind::end:
      co_return co_await end(visit, std::move(row), std::move(verdict));
  }
  co_return Result<void>{};
}

Task<Result<void>> SandboxReconciler::settle(Visit& visit, SandboxRow row, Verdict verdict) {
  auto event = event_of(row, verdict);
  Change change{
      {row.id, row.status, visit.asked_at}, std::move(verdict), visit.reports.at(row.id), std::move(event)};
  CO_TRY(bool changed, co_await database_.transaction<bool>(std::bind_front(apply_in, std::move(change))));
  visit.done.changed += changed;
  co_return Result<void>{};
}

Task<Result<void>> SandboxReconciler::end(Visit& visit, SandboxRow row, Verdict verdict) {
  if (row.status == verdict.to) co_return Result<void>{};
  auto event = event_of(row, verdict);
  Change change{{row.id, row.status, visit.asked_at}, std::move(verdict), std::nullopt, std::move(event)};
  CO_TRY(bool changed, co_await database_.transaction<bool>(std::bind_front(apply_in, std::move(change))));
  visit.done.changed += changed;
  co_return Result<void>{};
}

// What is left of the reports has no row on this host that is not stopped.
Task<Result<void>> SandboxReconciler::remove_orphans(Visit& visit) {
  for (const auto& [id, report] : visit.reports) {
    CO_TRY(bool orphan, co_await is_orphan(visit, id));
    if (!orphan) {
      orphans_.erase(id);
      continue;
    }
    auto [seen, is_new] = orphans_.try_emplace(id, visit.asked_at);
    if (visit.asked_at - seen->second < timings_.orphan_grace) continue;
    log::warn("sandbox without a row is destroyed", {{"sandbox", id}, {"host", visit.host.id}});
    CO_TRY_VOID(co_await visit.agent->destroy_sandbox(id));
    orphans_.erase(id);
    ++visit.done.changed;
  }
  std::erase_if(orphans_, [&](const auto& entry) {
    return visit.asked_at - entry.second > 10 * timings_.orphan_grace;
  });
  co_return Result<void>{};
}

Task<Result<bool>> SandboxReconciler::is_orphan(Visit& visit, SandboxId id) {
  CO_TRY(auto rows, co_await list_sandboxes_by_id(database_, {id}));
  co_return rows.empty() || rows[0].status == stopped || rows[0].host_id != visit.host.id;
}

}  // namespace sandbar::control::jobs
