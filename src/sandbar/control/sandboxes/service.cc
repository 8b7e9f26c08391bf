// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/sandboxes/service.h"

#include <algorithm>

#include "sandbar/async/detached.h"
#include "sandbar/async/timer.h"
#include "sandbar/async/together.h"
#include "sandbar/control/audit/service.h"
#include "sandbar/control/placement/service.h"
#include "sandbar/control/sandboxes/launch.h"
#include "sandbar/control/sandboxes/settle.h"
#include "sandbar/control/sandboxes/store.h"
#include "sandbar/control/sandboxes/validate.h"
#include "sandbar/log/log.h"
#include "sandbar/model/cursor.h"
#include "sandbar/model/limits.h"

namespace sandbar::control::sandboxes {

namespace {

using agents::SandboxReport;
using audit::What;
using enum SandboxState;

using namespace std::chrono_literals;

constexpr int kMaxHosts = 3;  // that one create tries
constexpr int kMostAfterOutage = 200, kResumedAtOnce = 8;
// How long a client waits for its destroy; a host that takes longer does it later.
constexpr auto kDestroyWait = 10s;

Error wrong_state(SandboxState is, SandboxState should) {
  return invalid_state(fmt::format("the sandbox is {}, not {}", enum_name(is), enum_name(should)));
}

// What the client hears of a host's trouble with a new sandbox: an answer about the sandbox itself makes no
// sense yet.
Error start_error(Error error) {
  if (error.code != Errc::not_found && error.code != Errc::invalid_state) return error;
  std::string message = "the sandbox's host could not start it";
  if (error.code == Errc::invalid_state) message += ": " + error.message;
  return Error{Errc::agent_error, std::move(message), log::describe(error)};
}

// The host, or the way to it, is at fault: another one may do better.
bool is_fault_of_host(const Error& error) {
  return error.code == Errc::host_unavailable || error.code == Errc::no_space;
}

Task<Result<placement::Candidate>> replace_host(pg::Transaction& tx, const Launch& launch,
                                                placement::Policy policy) {
  CO_TRY(auto host, co_await placement::place(tx, launch.request, policy));
  CO_TRY_VOID(co_await replace_host_any_team(tx, launch.row.id, host.id, "trying another host"));
  co_return host;
}

Task<Result<void>> mark_resuming(pg::Transaction& tx, const Sandbox& row, quotas::QuotaService& quotas) {
  CO_TRY_VOID(co_await move_any_team(tx, row.id, {paused}, resuming, "resume requested"));
  co_return co_await quotas.admit_resumed(tx, row.team_id, {row.vcpus, row.memory_mb, row.disk_mb, false});
}

Task<Result<void>> note_gone(pg::Transaction& tx, TeamId team, SandboxId id, SandboxState now) {
  CO_TRY_VOID(co_await move_any_team(tx, id, {now}, stopped, "gone from its host"));
  auto event = audit::happened(What::sandbox_stop, team, access::system_actor(), id.str());
  event.metadata = {{"cause", "gone from its host"}};
  co_return co_await audit::record(tx, std::move(event));
}

Task<Result<bool>> mark_stopping(pg::Transaction& tx, const access::Actor& actor, SandboxId id) {
  CO_TRY_VOID(co_await move_any_team(tx, id, stopping, "destroy requested"));
  CO_TRY_VOID(
      co_await audit::record(tx, audit::happened(What::sandbox_destroy, actor.team->id, actor, id.str())));
  co_return true;
}

Task<void> clean_up(agents::AgentClientPtr agent, SandboxId id) {
  auto gone = co_await agent->destroy_sandbox(id);
  if (!gone) log::warn("sandbox left to the reconciler", {{"sandbox", id}, {"error", gone.error()}});
}

}  // namespace

Result<agents::AgentClientPtr> SandboxService::agent_of(const Sandbox& sandbox) {
  return parts_.agents.client_of({sandbox.host_id.value_or(HostId()), sandbox.host_address.value_or(""),
                                  sandbox.host_fingerprint.value_or("")});
}

Task<Result<Sandbox>> SandboxService::get(access::Actor actor, SandboxId id) {
  return get_sandbox(parts_.database, actor.team->id, id);
}

// What no index bounds must not hold up the statements of others.
Task<Result<std::vector<Sandbox>>> SandboxService::list_in_its_lane(ListSandboxes list) {
  if (!list.text && !list.template_ && !list.host && list.metadata.empty())
    co_return co_await list_sandboxes(parts_.database, std::move(list));
  CO_TRY(auto lane, co_await parts_.database.slow_lane());
  co_return co_await list_sandboxes(*lane, std::move(list));
}

Task<Result<http::Page<Sandbox>>> SandboxService::list(ListSandboxes list) {
  CO_TRY(auto limit, page_limit(list.limit));
  CO_TRY_VOID(validate_search("q", list.text));
  CO_TRY_VOID(validate_search("template", list.template_));
  list.limit = limit;
  CO_TRY(auto rows, co_await list_in_its_lane(std::move(list)));
  auto next = cut_page(rows, limit);
  co_return http::Page<Sandbox>{std::move(rows), std::move(next)};
}

Task<Result<Sandbox>> SandboxService::create(access::Actor actor, NewSandbox wanted) {
  CO_TRY_VOID(validate(wanted));
  co_return co_await run_detached(parts_.tasks, "create sandbox",
                                  do_create(std::move(actor), std::move(wanted)));
}

Task<Result<Sandbox>> SandboxService::do_create(access::Actor actor, NewSandbox wanted) {
  CO_TRY(auto from, co_await parts_.templates.resolve(actor.team->id, wanted.template_));
  CO_TRY(auto launch, plan(std::move(actor), std::move(wanted), from, parts_.keys));
  CO_TRY_VOID(co_await place(launch));
  auto report = co_await start_somewhere(launch);
  if (!report) co_return fail(co_await give_up(launch, std::move(report).error()));
  co_return co_await finish(launch, *std::move(report));
}

Task<Result<void>> SandboxService::place(Launch& launch) {
  CO_TRY(auto host, co_await rounds_.place(launch.row, launch.request));
  launch.move_to(host);
  co_return Result<void>{};
}

Task<Result<void>> SandboxService::place_elsewhere(Launch& launch) {
  auto body = [&](pg::Transaction& tx) { return replace_host(tx, launch, parts_.policy); };
  CO_TRY(auto host, co_await parts_.database.transaction<placement::Candidate>(body));
  launch.move_to(host);
  co_return Result<void>{};
}

Task<Result<SandboxReport>> SandboxService::start_somewhere(Launch& launch) {
  for (int attempt = 1;; ++attempt) {
    CO_TRY(auto agent, parts_.agents.client_of(launch.host));
    auto report = co_await start_on_host(launch, agent);
    if (report || !is_fault_of_host(report.error()) || attempt == kMaxHosts) co_return report;
    launch.request.excluded.push_back(launch.host.host_id);
    if (auto placed = co_await place_elsewhere(launch); !placed) {
      if (attempt > 1 || report.error().code != Errc::host_unavailable) co_return report;
      // There is no other; perhaps only the answer was lost.
      co_return co_await start_on_host(launch, agent);
    }
    parts_.tasks.spawn("clean up sandbox", clean_up(std::move(agent), launch.row.id));
  }
}

Task<Result<SandboxReport>> SandboxService::start_on_host(Launch& launch, agents::AgentClientPtr agent) {
  if (!launch.host_holds_template) {
    CO_TRY_VOID(co_await move_any_team(parts_.database, launch.row.id, {pending, starting}, starting,
                                       "its host is getting the template from another"));
    CO_TRY_VOID(co_await parts_.transfers.provide(launch.spec.template_id, launch.host));
  }
  co_return co_await agent->create_sandbox(launch.spec);
}

Task<Error> SandboxService::give_up(Launch& launch, Error error) {
  auto id = launch.row.id;
  auto moved =
      co_await move_any_team(parts_.database, id, {pending, starting}, SandboxState::error, error.message);
  if (!moved) log::debug("failed sandbox was moved meanwhile", {{"sandbox", id}});
  if (auto agent = parts_.agents.client_of(launch.host))
    parts_.tasks.spawn("clean up sandbox", clean_up(*agent, id));
  co_return start_error(std::move(error).with_context("starting " + id.str()));
}

Task<Result<Sandbox>> SandboxService::finish(Launch& launch, SandboxReport report) {
  auto sandbox = co_await rounds_.settle(
      {launch.actor, report, {pending, starting}, running, "guest ready", What::sandbox_create});
  if (sandbox) co_return sandbox;
  auto code = sandbox.error().code;
  if (code != Errc::invalid_state && code != Errc::not_found) co_return sandbox;
  auto row = co_await get_sandbox(parts_.database, launch.row.team_id, launch.row.id);
  if (row && row->status != stopping && holds_resources(row->status)) co_return row;
  if (!row && row.error().code != Errc::not_found) co_return row;
  if (auto agent = parts_.agents.client_of(launch.host))
    parts_.tasks.spawn("clean up sandbox", clean_up(*agent, launch.row.id));
  if (row) co_return fail(invalid_state("the sandbox was destroyed while it started"));
  // See kPlacing: the row has not survived.
  co_return fail(Error{Errc::unavailable, "the database has failed; try again"});
}

Task<Result<void>> SandboxService::destroy(access::Actor actor, SandboxId id) {
  return run_detached(parts_.tasks, "destroy sandbox", do_destroy(std::move(actor), id));
}

Task<Result<void>> SandboxService::do_destroy(access::Actor actor, SandboxId id) {
  CO_TRY(auto sandbox, co_await get(actor, id));
  if (sandbox.status == stopped) co_return Result<void>{};
  if (sandbox.status != stopping) {
    auto body = [&](pg::Transaction& tx) { return mark_stopping(tx, actor, id); };
    auto marked = co_await parts_.database.transaction<bool>(body);
    // Somebody else was faster: then it is their audit entry, and the outcome is the same.
    if (!marked && marked.error().code != Errc::invalid_state) co_return fail(std::move(marked).error());
  }
  bool host_is_silent = sandbox.status == missing;
  auto finished = run_detached(parts_.tasks, "finish destroy", finish_destroy(std::move(sandbox)));
  auto done = co_await with_timeout(host_is_silent ? 0ms : kDestroyWait, "destroying on the host",
                                    std::move(finished));
  if (!done) log::warn("destroy left to the reconciler", {{"sandbox", id}, {"error", done.error()}});
  co_return Result<void>{};
}

Task<Result<void>> SandboxService::finish_destroy(Sandbox sandbox) {
  if (sandbox.host_id) {
    CO_TRY(auto agent, agent_of(sandbox));
    if (parts_.keep_metrics && sandbox.status == running) co_await parts_.keep_metrics(sandbox);
    CO_TRY_VOID(co_await agent->destroy_sandbox(sandbox.id));
  }
  auto moved = co_await move_any_team(parts_.database, sandbox.id, {stopping}, stopped, "gone from its host");
  if (!moved && moved.error().code != Errc::invalid_state) co_return moved;
  co_return Result<void>{};
}

Task<Result<Sandbox>> SandboxService::pause(access::Actor actor, SandboxId id) {
  return run_detached(parts_.tasks, "pause sandbox", do_pause(std::move(actor), id));
}

Task<Result<Sandbox>> SandboxService::do_pause(access::Actor actor, SandboxId id) {
  CO_TRY(auto sandbox, co_await get(actor, id));
  if (sandbox.status != running) co_return fail(wrong_state(sandbox.status, running));
  CO_TRY(auto agent, agent_of(sandbox));
  CO_TRY_VOID(co_await move_any_team(parts_.database, id, {running}, pausing, "pause requested"));
  auto report = co_await agent->pause_sandbox(id);
  Settling wish{std::move(actor), {}, {pausing}, paused, "memory stored", What::sandbox_pause};
  if (!report)
    co_return co_await settle_by_asking(std::move(sandbox), std::move(wish), agent,
                                        std::move(report).error());
  wish.report = *std::move(report);
  co_return co_await settle(parts_.database, std::move(wish));
}

Task<Result<Sandbox>> SandboxService::resume(access::Actor actor, SandboxId id) {
  return run_detached(parts_.tasks, "resume sandbox", do_resume(std::move(actor), id));
}

Task<Result<Sandbox>> SandboxService::do_resume(access::Actor actor, SandboxId id) {
  CO_TRY(auto sandbox, co_await get(actor, id));
  if (sandbox.status != paused) co_return fail(wrong_state(sandbox.status, paused));
  CO_TRY(auto agent, agent_of(sandbox));
  auto mark = [&](pg::Transaction& tx) { return mark_resuming(tx, sandbox, parts_.quotas); };
  CO_TRY_VOID(co_await parts_.database.transaction<void>(mark));
  auto token = access::guest_access_token(parts_.keys, id);
  auto report = co_await agent->resume_sandbox(id, sandbox.timeout_sec, std::move(token));
  Settling wish{std::move(actor), {}, {resuming}, running, "memory restored", What::sandbox_resume};
  if (!report)
    co_return co_await settle_by_asking(std::move(sandbox), std::move(wish), agent,
                                        std::move(report).error());
  wish.report = *std::move(report);
  co_return co_await settle(parts_.database, std::move(wish));
}

Task<Result<int>> SandboxService::resume_after_outage(std::chrono::milliseconds within) {
  CO_TRY(auto waiting, co_await list_paused_by_outage_any_team(parts_.database, within, kMostAfterOutage));
  int resumed = 0;
  std::vector<Task<void>> workers;
  for (int i = 0; i < kResumedAtOnce; ++i) workers.push_back(resume_some(waiting, resumed));
  co_await run_together("resume after outage", std::move(workers));
  co_return resumed;
}

// One whose host fails has another cause then, and is nobody's business but its owner's; one that its team's
// quota does not allow is tried again.
Task<void> SandboxService::resume_some(std::vector<PausedByOutage>& waiting, int& resumed) {
  while (!waiting.empty()) {
    auto next = waiting.back();
    waiting.pop_back();
    auto actor = access::system_actor();
    actor.team = access::Team{.id = next.team_id};
    auto done = co_await resume(std::move(actor), next.id);
    if (done)
      ++resumed;
    else
      log::warn("sandbox not resumed after an outage", {{"sandbox", next.id}, {"error", done.error()}});
  }
}

Task<Result<Sandbox>> SandboxService::settle_by_asking(Sandbox before, Settling wish,
                                                       agents::AgentClientPtr agent, Error error) {
  auto now = wish.from.front();
  std::string cause = error.message;
  bool may_be_untouched = error.code == Errc::host_unavailable;
  error = std::move(error).with_context(fmt::format("{} {}", enum_name(now), before.id));
  auto reports = co_await agent->list_sandboxes();
  if (!reports) {
    // What is left as it is, and what was wrong to take back, is settled by the reconciler when the host
    // answers.
    if (may_be_untouched) co_await move_any_team(parts_.database, before.id, {now}, before.status, cause);
    co_return fail(std::move(error));
  }
  auto found = std::ranges::find(*reports, before.id, &SandboxReport::id);
  if (found == reports->end()) {
    auto body = [&](pg::Transaction& tx) { return note_gone(tx, before.team_id, before.id, now); };
    CO_TRY_VOID(co_await parts_.database.transaction<void>(body));
    co_return fail(invalid_state("the sandbox is gone from its host"));
  }
  if (found->state == wish.to) {
    wish.report = *found;
    co_return co_await settle(parts_.database, std::move(wish));
  }
  if (found->state == before.status)
    co_await settle_any_team(parts_.database, *found, {now}, before.status, cause);
  co_return fail(std::move(error));
}

Task<Result<Sandbox>> SandboxService::set_timeout(access::Actor actor, SandboxId id,
                                                  std::optional<std::int64_t> timeout_sec) {
  CO_TRY_VOID(validate_timeout(timeout_sec.value_or(0)));
  CO_TRY(auto sandbox, co_await get(actor, id));
  if (sandbox.status != running) co_return fail(wrong_state(sandbox.status, running));
  CO_TRY(auto agent, agent_of(sandbox));
  CO_TRY(auto report, co_await agent->set_timeout(id, timeout_sec));
  CO_TRY_VOID(co_await settle_any_team(parts_.database, report, {running}, running, sandbox.status_cause));
  co_return co_await get(std::move(actor), id);
}

Task<Result<GuestAccess>> SandboxService::enter(access::Actor actor, SandboxId id) {
  CO_TRY(auto sandbox, co_await get(std::move(actor), id));
  if (sandbox.status != running) co_return fail(wrong_state(sandbox.status, running));
  CO_TRY(auto agent, agent_of(sandbox));
  co_return GuestAccess{id, std::move(agent), agents::data_plane_path(id, limits::kGuestPort),
                        access::guest_access_token(parts_.keys, id)};
}

}  // namespace sandbar::control::sandboxes
