// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/builds/service.h"

#include "sandbar/base/strings.h"
#include "sandbar/control/audit/service.h"
#include "sandbar/control/builds/follower.h"
#include "sandbar/control/builds/store.h"
#include "sandbar/control/templates/service.h"
#include "sandbar/log/log.h"
#include "sandbar/model/cursor.h"
#include "sandbar/model/limits.h"
#include "sandbar/model/names.h"

namespace sandbar::control::builds {
namespace {

using enum BuildState;

constexpr std::size_t kMostDefinition = 256 * 1024, kMostCommand = 64 * 1024;

// The word `name` of a definition; the agent reads everything else.
std::string name_in(std::string_view definition) {
  for (auto line : split(definition, '\n')) {
    line = trim(line);
    if (line.starts_with("name ") || line.starts_with("name\t")) return std::string(trim(line.substr(5)));
  }
  return {};
}

void check_range(std::optional<int> value, int low, int high, std::string field,
                 std::vector<Problem>& problems) {
  if (value && (*value < low || *value > high))
    problems.push_back({std::move(field), fmt::format("must be from {} to {}", low, high)});
}

Result<void> validate(const NewBuild& wanted) {
  std::vector<Problem> problems;
  bool is_text = !wanted.definition.empty() && wanted.definition.size() <= kMostDefinition &&
                 is_utf8(wanted.definition) && !wanted.definition.contains('\0');
  if (!is_text) problems.push_back({"definition", "must be a text of at most 256 KiB"});
  if (!is_template_name(wanted.name)) problems.push_back({"name", "is not a template's name"});
  if (wanted.healthcheck.size() > kMostCommand || wanted.healthcheck.contains('\0'))
    problems.push_back({"healthcheck", "must be a command of at most 64 KiB"});
  check_range(wanted.vcpus, limits::kMinVcpus, limits::kMaxVcpus, "vcpus", problems);
  check_range(wanted.memory_mb, limits::kMinMemoryMib, limits::kMaxMemoryMib, "memory_mb", problems);
  check_range(wanted.disk_mb, limits::kMinDiskMib, limits::kMaxDiskMib, "disk_mb", problems);
  if (problems.empty()) return {};
  auto message = problems.front().field + " " + problems.front().what;
  return fail(invalid_request(std::move(message), std::move(problems)));
}

Result<void> check_policy(const Policy& policy, const access::Actor& actor, TeamId team) {
  if (team == kPlatformTeam || policy.team_builds == TeamBuilds::allowed) return {};
  if (policy.team_builds == TeamBuilds::own_hosts && actor.team && actor.team->is_byoc) return {};
  auto why = policy.team_builds == TeamBuilds::refused ? "templates are built by the platform only"
                                                       : "teams build templates on hosts of their own";
  return fail(Error{Errc::forbidden, why});
}

audit::Event event_of(access::Actor actor, const Build& build) {
  auto event = audit::happened(audit::What::template_build, build.team_id, std::move(actor), build.name);
  event.metadata["build_id"] = build.id.str();
  return event;
}

}  // namespace

Task<Result<Build>> BuildService::create(access::Actor actor, TeamId team, NewBuild wanted) {
  if (wanted.name.empty()) wanted.name = name_in(wanted.definition);
  CO_TRY_VOID(validate(wanted));
  CO_TRY_VOID(check_policy(parts_.policy, actor, team));
  auto body = [&](pg::Transaction& tx) { return create_in(tx, actor, team, wanted); };
  auto created = co_await parts_.database.transaction<Build>(body);
  if (created) parts_.tasks.spawn("advance builds", try_advance());
  co_return created;
}

Task<Result<Build>> BuildService::create_in(pg::Transaction& tx, access::Actor actor, TeamId team,
                                            NewBuild wanted) {
  templates::NewTemplate row{.team_id = team,
                             .name = wanted.name,
                             .type = TemplateType::base,
                             .vcpus = wanted.vcpus.value_or(1),
                             .memory_mb = wanted.memory_mb.value_or(512),
                             .disk_mb = wanted.disk_mb.value_or(4096),
                             .definition = wanted.definition,
                             .if_taken = wanted.if_taken,
                             .created_by = actor.id};
  CO_TRY(auto made, co_await templates::TemplateService::begin(tx, std::move(row)));
  CO_TRY_VOID(co_await parts_.quotas.admit_template(tx, team));
  Build build{.id = BuildId::random(), .team_id = team, .name = wanted.name, .template_id = made.id};
  build.definition = std::move(wanted.definition);
  build.healthcheck = std::move(wanted.healthcheck);
  build.vcpus = wanted.vcpus.value_or(0);
  build.memory_mb = wanted.memory_mb.value_or(0);
  build.disk_mb = wanted.disk_mb.value_or(0);
  build.created_by = actor.id;
  CO_TRY(auto inserted, co_await insert_build(tx, std::move(build)));
  CO_TRY_VOID(co_await audit::record(tx, event_of(std::move(actor), inserted)));
  co_return inserted;
}

Task<Result<Build>> BuildService::get(TeamId team, BuildId id) {
  return get_build(parts_.database, team, id);
}

Task<Result<http::Page<Build>>> BuildService::list(ListBuilds list) {
  CO_TRY(auto limit, page_limit(list.limit));
  list.limit = limit;
  CO_TRY(auto rows, co_await list_builds(parts_.database, std::move(list)));
  auto next = cut_page(rows, limit);
  co_return http::Page<Build>{std::move(rows), std::move(next)};
}

Task<Result<LogPart>> BuildService::log(TeamId team, BuildId id, std::int64_t from) {
  if (from < 0 || from > INT32_MAX)
    co_return fail(invalid_request("from must not be negative", {{"from", "must not be negative"}}));
  co_return co_await read_log(parts_.database, team, id, from);
}

Task<Result<Build>> BuildService::cancel(access::Actor actor, TeamId team, BuildId id) {
  CO_TRY(auto build, co_await get(team, id));
  CO_TRY(bool ours, co_await cancel_build(parts_.database, std::move(actor), build, "cancelled"));
  CO_TRY(auto now, co_await get(team, id));
  if (!ours) co_return fail(invalid_state(fmt::format("the build is over: {}", enum_name(now.status))));
  parts_.tasks.spawn("drop cancelled build", drop_from_host(now));
  co_return now;
}

Task<void> BuildService::try_advance() {
  auto advanced = co_await advance();
  if (!advanced) log::warn("builds not advanced", {{"error", advanced.error()}});
}

Task<Result<int>> BuildService::advance() {
  int moved = 0;
  CO_TRY(auto overdue, co_await list_overdue_any_team(parts_.database, parts_.policy.pending_limit));
  for (auto& build : overdue) {
    auto why = build.status == pending ? "no host could build it" : "its team was deleted";
    CO_TRY(bool ended, co_await end_build(parts_.database, build, {{}, why, false}));
    moved += ended;
    if (build.host_id) parts_.tasks.spawn("drop build", drop_from_host(build));
  }
  CO_TRY(auto waiting, co_await list_pending_any_team(parts_.database));
  for (auto& build : waiting) {
    CO_TRY(bool started, co_await start(std::move(build)));
    moved += started;
  }
  CO_TRY(auto orphans, co_await take_over_any_team(parts_.database, parts_.policy.takeover));
  for (auto& build : orphans) {
    log::info("build taken over", {{"build", build.id}});
    parts_.tasks.spawn("follow build", follow(std::move(build)));
    ++moved;
  }
  co_return moved;
}

Task<Result<bool>> BuildService::start(Build build) {
  auto body = [&](pg::Transaction& tx) { return claim(tx, build); };
  CO_TRY(auto claimed, co_await parts_.database.transaction<std::optional<Build>>(body));
  if (!claimed) co_return false;
  log::info("build given to a host", {{"build", claimed->id}, {"host", *claimed->host_id}});
  parts_.tasks.spawn("follow build", follow(*std::move(claimed)));
  co_return true;
}

Task<Result<std::optional<Build>>> BuildService::claim(pg::Transaction& tx, Build build) {
  CO_TRY_VOID(co_await lock_placement(tx));
  bool on_platform = build.team_id == kPlatformTeam || parts_.policy.team_builds == TeamBuilds::allowed;
  CO_TRY(auto host, co_await choose_host_any_team(tx, build.team_id, parts_.policy.per_host, on_platform));
  if (!host) co_return std::nullopt;
  co_return co_await claim_build_any_team(tx, build.id, host->id);
}

Task<void> BuildService::follow(Build build) {
  auto outcome = co_await Follower(parts_.database, parts_.agents, parts_.policy, build).run();
  if (!outcome) co_return;
  bool failed = !outcome->made;
  auto ended = co_await end_build(parts_.database, build, *std::move(outcome));
  if (!ended)
    co_return log::warn("end of a build not noted", {{"build", build.id}, {"error", ended.error()}});
  if (failed) co_await drop_from_host(std::move(build));
  co_await try_advance();
}

// At once where that is possible; otherwise a job does it when the host is back.
Task<void> BuildService::drop_from_host(Build build) {
  if (!build.host_id || !build.template_id) co_return;
  auto host = co_await get_host_any_team(parts_.database, *build.host_id);
  if (!host) co_return;
  auto agent = parts_.agents.client_of({host->id, host->address, host->cert_fingerprint});
  if (!agent) co_return;
  auto gone = co_await (*agent)->delete_template(*build.template_id);
  if (!gone) log::info("build left to the reconciler", {{"build", build.id}, {"why", gone.error()}});
}

}  // namespace sandbar::control::builds
