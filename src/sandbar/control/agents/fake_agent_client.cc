// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/agents/fake_agent_client.h"

namespace sandbar::control::agents {

Result<void> FakeAgentClient::note(std::string call) {
  calls.push_back(std::move(call));
  if (failures.empty()) return {};
  auto error = std::move(failures.front());
  failures.pop_front();
  return fail(std::move(error));
}

Result<SandboxReport*> FakeAgentClient::find(SandboxId id) {
  auto it = sandboxes.find(id);
  if (it == sandboxes.end()) return fail(not_found("sandbox", id.str()));
  return &it->second;
}

Task<void> FakeAgentClient::let_things_happen(SandboxId id) {
  if (auto happening = std::exchange(meanwhile, nullptr)) co_await happening(id);
}

Result<SandboxReport> FakeAgentClient::move(SandboxId id, SandboxState from, SandboxState to) {
  TRY(auto* sandbox, find(id));
  if (sandbox->state != from && sandbox->state != to)
    return fail(invalid_state("the sandbox is in another state"));
  sandbox->state = to;
  ++sandbox->epoch;
  return *sandbox;
}

Task<Result<SandboxReport>> FakeAgentClient::create_sandbox(AgentSandboxSpec spec) {
  CO_TRY_VOID(note("create " + spec.id.str()));
  SandboxReport report{.id = spec.id,
                       .state = SandboxState::running,
                       .template_id = spec.template_id,
                       .vcpus = spec.vcpus,
                       .memory_mb = spec.memory_mb,
                       .disk_mb = spec.disk_mb,
                       .timeout_sec = spec.timeout_sec,
                       .epoch = 1,
                       .destroy_on_timeout = spec.destroy_on_timeout};
  if (lie) lie(report);
  sandboxes.try_emplace(spec.id, std::move(report));
  co_await let_things_happen(spec.id);
  co_return sandboxes.at(spec.id);
}

Task<Result<void>> FakeAgentClient::destroy_sandbox(SandboxId id) {
  CO_TRY_VOID(note("destroy " + id.str()));
  sandboxes.erase(id);
  co_return Result<void>{};
}

Task<Result<SandboxReport>> FakeAgentClient::pause_sandbox(SandboxId id) {
  CO_TRY_VOID(note("pause " + id.str()));
  CO_TRY(auto report, move(id, SandboxState::running, SandboxState::paused));
  co_await let_things_happen(id);
  co_return report;
}

Task<Result<SandboxReport>> FakeAgentClient::resume_sandbox(SandboxId id, std::optional<std::int64_t>,
                                                            Secret) {
  CO_TRY_VOID(note("resume " + id.str()));
  CO_TRY(auto report, move(id, SandboxState::paused, SandboxState::running));
  co_await let_things_happen(id);
  co_return report;
}

Task<Result<SandboxReport>> FakeAgentClient::set_timeout(SandboxId id,
                                                         std::optional<std::int64_t> timeout_sec) {
  CO_TRY_VOID(note("set_timeout " + id.str()));
  CO_TRY(auto* sandbox, find(id));
  if (timeout_sec) sandbox->timeout_sec = *timeout_sec;
  co_return *sandbox;
}

Task<Result<std::vector<SandboxReport>>> FakeAgentClient::list_sandboxes() {
  CO_TRY_VOID(note("list_sandboxes"));
  std::vector<SandboxReport> all;
  for (const auto& [id, sandbox] : sandboxes) all.push_back(sandbox);
  co_return all;
}

Task<Result<std::vector<MetricSample>>> FakeAgentClient::get_metrics(SandboxId id, Time since) {
  CO_TRY_VOID(note("get_metrics " + id.str()));
  CO_TRY_VOID(find(id));
  co_return std::vector<MetricSample>{{.at = since, .cpu_percent = 12.5, .memory_bytes = 1 << 20}};
}

Task<Result<TemplateReport>> FakeAgentClient::create_snapshot(SandboxId id, TemplateId template_id) {
  CO_TRY_VOID(note("create_snapshot " + id.str()));
  CO_TRY(auto* sandbox, find(id));
  TemplateReport report{template_id, sandbox->vcpus, sandbox->memory_mb, sandbox->disk_mb, 4096};
  co_return templates.insert_or_assign(template_id, report).first->second;
}

Task<Result<std::vector<TemplateReport>>> FakeAgentClient::list_templates() {
  CO_TRY_VOID(note("list_templates"));
  std::vector<TemplateReport> all;
  for (const auto& [id, report] : templates) all.push_back(report);
  co_return all;
}

Task<Result<void>> FakeAgentClient::delete_template(TemplateId id) {
  CO_TRY_VOID(note("delete_template " + id.str()));
  templates.erase(id);
  co_return Result<void>{};
}

Task<Result<TemplateDescription>> FakeAgentClient::describe_template(TemplateId id) {
  CO_TRY_VOID(note("describe template " + id.str()));
  if (!templates.contains(id)) co_return fail(not_found("template", id.str()));
  auto digest = digests.contains(id) ? digests[id] : std::string(64, 'd');
  co_return TemplateDescription{std::move(digest), templates[id].size_bytes};
}

Task<Result<TemplateReport>> FakeAgentClient::fetch_template(FetchOrder order, TellFetch tell) {
  fetches.push_back(order);
  CO_TRY_VOID(note("fetch template " + order.template_id.str()));
  CO_TRY_VOID(co_await tell({order.sources.front().agent.host_id, 2048, 4096}));
  co_return templates[order.template_id] = {order.template_id, 1, 512, 1024, 4096};
}

Task<Result<BuildOutcome>> FakeAgentClient::build_template(BuildOrder order, TellBuild tell) {
  bool follows = order.mode == BuildMode::follow;
  CO_TRY_VOID(note((follows ? "follow build " : "build template ") + order.template_id.str()));
  if (follows && !known_builds.contains(order.template_id))
    co_return fail(not_found("build", order.template_id.str()));
  known_builds.insert(order.template_id);
  for (auto i = static_cast<std::size_t>(order.from_line); i < build_lines.size(); ++i)
    CO_TRY_VOID(co_await tell({build_lines[i], 0, 0}));
  CO_TRY_VOID(co_await tell({{}, 4, 4}));
  if (!build_failure.empty()) co_return BuildOutcome{{}, build_failure, false};
  templates[order.template_id] = {order.template_id, 2, 1024, 4096, 4096};
  co_return BuildOutcome{templates[order.template_id], {}, false};
}

Task<Result<void>> FakeAgentClient::terminate() {
  CO_TRY_VOID(note("terminate"));
  sandboxes.clear();
  co_return Result<void>{};
}

}  // namespace sandbar::control::agents
