// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/snapshots/service.h"

#include "sandbar/async/detached.h"
#include "sandbar/base/random.h"
#include "sandbar/control/audit/service.h"
#include "sandbar/log/log.h"
#include "sandbar/model/names.h"

namespace sandbar::control::snapshots {
namespace {

using templates::Template;

audit::Event event_of(audit::What of_snapshot, audit::What of_template, const access::Actor& actor,
                      const Template& row) {
  auto what = row.type == TemplateType::snapshot ? of_snapshot : of_template;
  return audit::happened(what, row.team_id, actor, row.name);
}

templates::NewTemplate plan(const access::Actor& actor, const sandboxes::Sandbox& source, std::string name,
                            templates::IfTaken if_taken) {
  return {.team_id = actor.team->id,
          .name = std::move(name),
          .vcpus = source.vcpus,
          .memory_mb = source.memory_mb,
          .disk_mb = source.disk_mb,
          .parent = source.template_id,
          .source = source.id,
          .definition = "",
          .if_taken = if_taken,
          .created_by = actor.id};
}

// What the agent did not tell is as the source has it.
templates::Made made_of(const agents::TemplateReport& report, const sandboxes::Sandbox& source) {
  auto or_else = [](int value, int other) { return value > 0 ? value : other; };
  return {report.id,
          source.host_id.value_or(HostId()),
          or_else(report.vcpus, source.vcpus),
          or_else(report.memory_mb, source.memory_mb),
          or_else(report.disk_mb, source.disk_mb),
          std::max<std::int64_t>(0, report.size_bytes)};
}

Task<Result<Template>> begin(pg::Transaction& tx, const templates::NewTemplate& wanted,
                             quotas::QuotaService& quotas) {
  CO_TRY(auto begun, co_await templates::TemplateService::begin(tx, wanted));
  CO_TRY_VOID(co_await quotas.admit_template(tx, wanted.team_id));
  co_return begun;
}

Task<Result<Template>> finish(pg::Transaction& tx, const access::Actor& actor, templates::Made made) {
  CO_TRY(auto snapshot, co_await templates::TemplateService::finish(tx, std::move(made)));
  auto event = event_of(audit::What::snapshot_create, audit::What::template_create, actor, snapshot);
  CO_TRY_VOID(co_await audit::record(tx, std::move(event)));
  co_return snapshot;
}

Task<Result<bool>> begin_removal(pg::Transaction& tx, const access::Actor& actor, const Template& snapshot) {
  CO_TRY_VOID(co_await templates::TemplateService::begin_removal(tx, snapshot.team_id, snapshot.id));
  auto event = event_of(audit::What::snapshot_delete, audit::What::template_delete, actor, snapshot);
  CO_TRY_VOID(co_await audit::record(tx, std::move(event)));
  co_return true;
}

}  // namespace

Task<Result<Template>> SnapshotService::create(access::Actor actor, NewSnapshot wanted) {
  if (wanted.name && !is_template_name(*wanted.name))
    co_return fail(invalid_request("name is not a template's name",
                                   {{"name", "must be letters, digits, '.', '_' and '-'"}}));
  co_return co_await run_detached(parts_.tasks, "create snapshot",
                                  do_create(std::move(actor), std::move(wanted)));
}

Task<Result<Template>> SnapshotService::do_create(access::Actor actor, NewSnapshot wanted) {
  CO_TRY(auto source, co_await parts_.sandboxes.get(actor, wanted.sandbox_id));
  if (source.status != SandboxState::running && source.status != SandboxState::paused)
    co_return fail(
        invalid_state(fmt::format("the sandbox is {}, not running or paused", enum_name(source.status))));
  CO_TRY(auto agent, parts_.sandboxes.agent_of(source));
  auto name = wanted.name.value_or("template-" + random_hex(4));
  auto planned = plan(actor, source, std::move(name), wanted.if_taken);
  auto insert = [&](pg::Transaction& tx) { return begin(tx, planned, parts_.quotas); };
  CO_TRY(auto begun, co_await parts_.database.transaction<Template>(insert));
  auto report = co_await agent->create_snapshot(source.id, begun.id);
  if (!report) {
    auto drop = [&](pg::Transaction& tx) {
      return templates::TemplateService::drop(tx, begun.id, source.host_id);
    };
    CO_TRY_VOID(co_await parts_.database.transaction<void>(drop));
    parts_.tasks.spawn("remove unfinished snapshot", try_finish_removals());
    co_return fail(std::move(report).error().with_context("snapshot of " + source.id.str()));
  }
  report->id = begun.id;
  auto body = [&](pg::Transaction& tx) { return finish(tx, actor, made_of(*report, source)); };
  auto finished = co_await parts_.database.transaction<Template>(body);
  if (wanted.if_taken == templates::IfTaken::replace)
    parts_.tasks.spawn("remove replaced snapshot", try_finish_removals());
  co_return finished;
}

Task<Result<http::Page<templates::Listed>>> SnapshotService::list(templates::ListTemplates list) {
  return parts_.templates.list(std::move(list));
}

Task<Result<void>> SnapshotService::remove(access::Actor actor, std::string reference) {
  CO_TRY(auto found, co_await parts_.templates.resolve(actor.team->id, std::move(reference)));
  if (found.team_id != actor.team->id && !actor.is_platform_admin)
    co_return fail(Error{Errc::forbidden, "this template belongs to the platform"});
  co_return co_await remove_found(std::move(actor), std::move(found));
}

Task<Result<void>> SnapshotService::remove_platform(access::Actor actor, std::string reference) {
  CO_TRY(auto found, co_await parts_.templates.resolve(kPlatformTeam, std::move(reference)));
  co_return co_await remove_found(std::move(actor), std::move(found));
}

Task<Result<void>> SnapshotService::remove_found(access::Actor actor, Template found) {
  auto body = [&](pg::Transaction& tx) { return begin_removal(tx, actor, found); };
  CO_TRY_VOID(co_await parts_.database.transaction<bool>(body));
  parts_.tasks.spawn("remove template", try_finish_removals());
  co_return Result<void>{};
}

Task<void> SnapshotService::try_finish_removals() {
  auto finished = co_await finish_removals();
  if (!finished) log::warn("removal of templates left for later", {{"error", finished.error()}});
}

Task<Result<void>> SnapshotService::finish_removals() {
  CO_TRY(auto removals, co_await parts_.templates.list_removals());
  for (const auto& removal : removals) {
    auto agent = parts_.agents.client_of({removal.host_id, removal.address, removal.cert_fingerprint});
    if (!agent) continue;
    auto gone = co_await (*agent)->delete_template(removal.template_id);
    if (!gone) {
      log::warn("template not removed yet",
                {{"template", removal.template_id}, {"host", removal.host_id}, {"error", gone.error()}});
      continue;
    }
    CO_TRY_VOID(co_await parts_.templates.finish_removal(removal));
  }
  co_return co_await parts_.templates.forget_removed();
}

}  // namespace sandbar::control::snapshots
