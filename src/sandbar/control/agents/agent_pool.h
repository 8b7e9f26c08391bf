// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>

#include "sandbar/control/agents/agent_client.h"

// One client per host, made at first use and shared by every service of a thread. A host whose address or
// certificate has changed gets a new client; the old one ends when its last call does.

namespace sandbar::control::agents {

class AgentPool {
 public:
  using Make = std::function<AgentClientPtr(const AgentAddress&)>;

  explicit AgentPool(Make make) : make_(std::move(make)) {}

  // host_unavailable for a host that has no address yet.
  Result<AgentClientPtr> client_of(const AgentAddress& agent);
  void evict(HostId host);
  // Forgets all; their connections end with their last calls.
  void clear() { clients_.clear(); }
  std::size_t size() const { return clients_.size(); }

 private:
  struct Entry {
    AgentAddress agent;
    AgentClientPtr client;
  };
  Make make_;
  std::map<HostId, Entry> clients_;
};

}  // namespace sandbar::control::agents
