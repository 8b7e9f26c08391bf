// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/jobs/sandbox_reconciler.h"

#include <algorithm>

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

constexpr std::size_t kAtOnce = 256;  // hosts that are being asked
constexpr auto kOverlap =
    std::chrono::milliseconds(250);  // heartbeats that were being stored at the last look

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
  using enum audit::What;
  if (row.status == verdict.to || row.status == stopping) return std::nullopt;
  if (verdict.to == stopped) return sandbox_event(sandbox_stop, row, verdict.cause);
  if (verdict.to == error) return sandbox_event(sandbox_fail, row, verdict.cause);
  if (row.status == missing) return sandbox_event(sandbox_restore, row, verdict.cause);
  if (row.status == pending || row.status == starting)
    return sandbox_event(sandbox_late_create, row, verdict.cause);
  return sandbox_event(verdict.to == paused ? sandbox_auto_pause : sandbox_auto_resume, row, verdict.cause);
}

}  // namespace

Task<Result<JobReport>> SandboxReconciler::run(Leadership) {
  Round round;
  CO_TRY(round.total, co_await database_.transaction<JobReport>(
                          std::bind_front(&SandboxReconciler::end_unplaced_in, this)));
  CO_TRY(round.hosts, co_await list_reachable_hosts(database_));
  CO_TRY(round.asked_at, co_await current_time(database_));
  co_return co_await visit_all(std::move(round));
}

Task<Result<JobReport>> SandboxReconciler::run_for_differing(Leadership) {
  Round round;
  CO_TRY(round.asked_at, co_await current_time(database_));
  auto since = std::exchange(compared_at_, round.asked_at).value_or(round.asked_at) - kOverlap;
  CO_TRY(round.hosts, co_await list_differing_hosts(database_, since));
  co_return co_await visit_all(std::move(round));
}

Task<Result<JobReport>> SandboxReconciler::visit_all(Round round) {
  std::vector<Task<void>> visitors;
  for (std::size_t i = 0; i < std::min(kAtOnce, round.hosts.size()); ++i)
    visitors.push_back(visit_some(round));
  co_await run_together("visit hosts", std::move(visitors));
  co_return round.total;
}

Task<void> SandboxReconciler::visit_some(Round& round) {
  while (round.next < round.hosts.size()) {
    auto host = round.hosts[round.next++];
    auto done = co_await with_timeout(timings_.host_call, "visiting a host", visit(host, round.asked_at));
    if (!done) {
      log::debug("host not reconciled", {{"host", host.id}, {"error", done.error()}});
      continue;
    }
    round.total.checked += done->checked;
    round.total.changed += done->changed;
  }
}

Task<Result<JobReport>> SandboxReconciler::end_unplaced_in(pg::Transaction& tx) {
  CO_TRY(auto rows, co_await end_unplaced(tx, timings_.create_limit));
  std::vector<audit::Event> events;
  for (const auto& row : rows) events.push_back(sandbox_event(audit::What::sandbox_stop, row, "has no host"));
  CO_TRY_VOID(co_await audit::record_all(tx, std::move(events)));
  co_return JobReport{.changed = static_cast<int>(rows.size())};
}

Task<Result<JobReport>> SandboxReconciler::visit(HostRow host, Time asked_at) {
  Visit visit{.host = host, .asked_at = asked_at};
  CO_TRY(visit.agent, agents_.client_of({host.id, host.address, host.cert_fingerprint}));
  CO_TRY(auto reports, co_await visit.agent->list_sandboxes());
  for (auto& report : reports) visit.reports.emplace(report.id, report);
  CO_TRY(auto rows, co_await list_sandboxes_of_host(database_, host.id));
  for (const auto& row : rows) {
    CO_TRY_VOID(co_await repair_row(visit, row));
    visit.reports.erase(row.id);
  }
  if (!visit.refreshes.empty())
    CO_TRY_VOID(co_await refresh_sandboxes(database_, std::move(visit.refreshes), asked_at));
  if (!visit.reports.empty()) CO_TRY_VOID(co_await look_into_the_rest(visit));
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
      if (verdict.to != row.status) co_return co_await settle(visit, std::move(row), std::move(verdict));
      visit.refreshes.push_back({row.status, *report});
      break;
    case Kind::destroy:
      if (!co_await destroy(visit, row.id)) co_return Result<void>{};
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

// One that fails is for the next round; the others go on.
Task<bool> SandboxReconciler::destroy(Visit& visit, SandboxId id) {
  auto gone = co_await visit.agent->destroy_sandbox(id);
  if (!gone)
    log::warn("sandbox not destroyed yet",
              {{"sandbox", id}, {"host", visit.host.id}, {"error", gone.error()}});
  co_return gone.has_value();
}

// What is left of the reports has no live row on this host: it failed, was stopped, belongs elsewhere, or was
// never ours.
Task<Result<void>> SandboxReconciler::look_into_the_rest(Visit& visit) {
  std::vector<SandboxId> ids;
  for (const auto& [id, report] : visit.reports) ids.push_back(id);
  CO_TRY(auto rows, co_await list_sandboxes_by_id(database_, std::move(ids)));
  for (auto& row : rows) {
    if (row.host_id != visit.host.id || row.status == stopped) continue;
    CO_TRY_VOID(co_await repair_row(visit, row));
    visit.reports.erase(row.id);
    orphans_.erase(row.id);
  }
  for (const auto& [id, report] : visit.reports) {
    auto [seen, is_new] = orphans_.try_emplace(id, visit.asked_at);
    if (visit.asked_at - seen->second < timings_.orphan_grace) continue;
    log::warn("sandbox without a row is destroyed", {{"sandbox", id}, {"host", visit.host.id}});
    if (!co_await destroy(visit, id)) continue;
    orphans_.erase(id);
    ++visit.done.changed;
  }
  std::erase_if(orphans_, [&](const auto& entry) {
    return visit.asked_at - entry.second > 10 * timings_.orphan_grace;
  });
  co_return Result<void>{};
}

}  // namespace sandbar::control::jobs
