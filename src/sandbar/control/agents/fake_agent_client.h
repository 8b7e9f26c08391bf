// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>

#include "sandbar/control/agents/agent_client.h"

// A host in memory, for unit tests: sandboxes are rows of a map, every call is recorded, and the next call
// can be made to fail. It has no guests: the data plane is whatever the test plugs in.

namespace sandbar::control::agents {

class FakeAgentClient final : public AgentClient {
 public:
  std::map<SandboxId, SandboxReport> sandboxes;
  std::map<TemplateId, TemplateReport> templates;
  std::vector<std::string> calls;  // "create sb-…"
  std::deque<Error> failures;      // answers of the next calls
  std::function<Task<void>(SandboxId)>
      meanwhile;                            // happens once, before the answer of a create, pause or resume
  std::function<void(SandboxReport&)> lie;  // changes what it says of a sandbox that it has created
  http::Client* guest = nullptr;
  std::map<TemplateId, std::string> digests;  // of the templates it describes; "d…d" for others
  std::vector<FetchOrder> fetches;
  std::vector<std::string> build_lines = {"one", "two"};  // what each build says
  std::string build_failure;                              // how each build ends, unless empty
  std::set<TemplateId> known_builds;

  Task<Result<SandboxReport>> create_sandbox(AgentSandboxSpec spec) override;
  Task<Result<void>> destroy_sandbox(SandboxId id) override;
  Task<Result<SandboxReport>> pause_sandbox(SandboxId id) override;
  Task<Result<SandboxReport>> resume_sandbox(SandboxId id, std::optional<std::int64_t> timeout_sec,
                                             Secret access_token) override;
  Task<Result<SandboxReport>> set_timeout(SandboxId id, std::optional<std::int64_t> timeout_sec) override;
  Task<Result<std::vector<SandboxReport>>> list_sandboxes() override;
  Task<Result<std::vector<MetricSample>>> get_metrics(SandboxId id, Time since) override;
  Task<Result<TemplateReport>> create_snapshot(SandboxId id, TemplateId template_id) override;
  Task<Result<std::vector<TemplateReport>>> list_templates() override;
  Task<Result<void>> delete_template(TemplateId id) override;
  Task<Result<TemplateDescription>> describe_template(TemplateId id) override;
  Task<Result<TemplateReport>> fetch_template(FetchOrder order, TellFetch tell) override;
  Task<Result<BuildOutcome>> build_template(BuildOrder order, TellBuild tell) override;
  Task<Result<void>> terminate() override;
  http::Client& data_plane() override { return *guest; }
  http::Endpoint data_plane_endpoint() override { return {}; }

 private:
  Result<void> note(std::string call);
  Result<SandboxReport*> find(SandboxId id);
  Task<void> let_things_happen(SandboxId id);
  Result<SandboxReport> move(SandboxId id, SandboxState from, SandboxState to);
};

}  // namespace sandbar::control::agents
