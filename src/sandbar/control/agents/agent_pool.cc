// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/agents/agent_pool.h"

namespace sandbar::control::agents {

Result<AgentClientPtr> AgentPool::client_of(const AgentAddress& agent) {
  if (agent.address.empty())
    return fail(Error{Errc::host_unavailable, "the sandbox's host cannot be reached", "host has no address"});
  auto& entry = clients_[agent.host_id];
  if (!entry.client || entry.agent != agent) entry = {agent, make_(agent)};
  return entry.client;
}

void AgentPool::evict(HostId host) { clients_.erase(host); }

}  // namespace sandbar::control::agents
