// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/agents/agent_client.h"
#include "sandbar/control/agents/breaker.h"
#include "sandbar/control/agents/limits.h"
#include "sandbar/control/agents/tunnels.h"

namespace sandbar::control::agents {

// How control gets to agents: what it shows them, the connections of those that dial out, which do not
// answer, and how long it waits.
struct Transport {
  http::TlsContextPtr tls;
  std::shared_ptr<Tunnels> tunnels;
  std::shared_ptr<Breakers> breakers;
  AgentLimits limits;
};

// The real client, for agents of both kinds.
AgentClientPtr make_agent_client(Executor executor, AgentAddress agent, Transport transport);

}  // namespace sandbar::control::agents
