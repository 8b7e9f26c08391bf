// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sandbar/control/agents/types.h"
#include "sandbar/http/client.h"

// One of the three plugs of the system (hypervisor, clock, agent client): control's view of one host. Calls
// have deadlines of their own and fail with host_unavailable (could not be reached; nothing happened),
// deadline_exceeded or agent_error (it may have happened), or with what the agent said: not_found,
// invalid_state, invalid_request, no_space. Every changing call is idempotent on the agent, so whoever is
// unsure asks again.

namespace sandbar::control::agents {

class AgentClient {
 public:
  virtual ~AgentClient() = default;

  virtual Task<Result<SandboxReport>> create_sandbox(AgentSandboxSpec spec) = 0;
  virtual Task<Result<void>> destroy_sandbox(SandboxId id) = 0;  // a success if there is none
  virtual Task<Result<SandboxReport>> pause_sandbox(SandboxId id) = 0;
  virtual Task<Result<SandboxReport>> resume_sandbox(SandboxId id, std::optional<std::int64_t> timeout_sec,
                                                     Secret access_token) = 0;
  // Restarts the idle timer, and changes the timeout when given.
  virtual Task<Result<SandboxReport>> set_timeout(SandboxId id, std::optional<std::int64_t> timeout_sec) = 0;
  virtual Task<Result<std::vector<SandboxReport>>> list_sandboxes() = 0;
  virtual Task<Result<std::vector<MetricSample>>> get_metrics(SandboxId id, Time since) = 0;

  virtual Task<Result<TemplateReport>> create_snapshot(SandboxId id, TemplateId template_id) = 0;
  virtual Task<Result<std::vector<TemplateReport>>> list_templates() = 0;
  virtual Task<Result<void>> delete_template(TemplateId id) = 0;  // a success if there is none
  // What other hosts would get; not_found if it has no such template.
  virtual Task<Result<TemplateDescription>> describe_template(TemplateId id) = 0;
  // Returns when the host holds the template. `tell` is called from time to time, also when nothing has come
  // in.
  using TellFetch = std::function<Task<Result<void>>(FetchProgress)>;
  virtual Task<Result<TemplateReport>> fetch_template(FetchOrder order, TellFetch tell) = 0;
  // Returns when the build has ended, well or not. An error of `tell` ends the watching, not the build.
  // not_found: nothing is known of a build that was only to be watched.
  using TellBuild = std::function<Task<Result<void>>(BuildEvent)>;
  virtual Task<Result<BuildOutcome>> build_template(BuildOrder order, TellBuild tell) = 0;
  // The host has been deleted: the agent destroys everything, forgets its credentials and ends.
  virtual Task<Result<void>> terminate() = 0;

  // Traffic into sandboxes: requests for "/sandboxes/{id}/{port}/…" (see data_plane_path) are forwarded to
  // that port, streaming both ways. The client lives as long as this object.
  virtual http::Client& data_plane() = 0;
  // The same door for upgrades, which need a connection of their own.
  virtual http::Endpoint data_plane_endpoint() = 0;
};

using AgentClientPtr = std::shared_ptr<AgentClient>;

// "/sandboxes/sb-…/49983"
std::string data_plane_path(SandboxId id, std::uint16_t port);

// The real one: Connect over mutual TLS, where the agent must show exactly the pinned certificate. Does not
// connect yet.
AgentClientPtr make_agent_client(Executor executor, AgentAddress agent, http::TlsContextPtr tls);

}  // namespace sandbar::control::agents
