// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/access/types.h"
#include "sandbar/control/agents/agent_pool.h"
#include "sandbar/control/hosts/types.h"
#include "sandbar/http/page.h"
#include "sandbar/pg/database.h"

// Hosts as people manage them. What agents do with them is in enrolment.h.

namespace sandbar::control::hosts {

struct HostListing {
  std::optional<std::string> cursor;
  int limit = 50;
};

class HostsService {
 public:
  HostsService(pg::Database& database, agents::AgentPool& agents) : database_(database), agents_(agents) {}

  Task<Result<HostWithToken>> create(access::Actor actor, NewHost host);
  // Platform admins: all; others: their team's.
  Task<Result<http::Page<Host>>> list(access::Actor actor, HostListing listing);
  Task<Result<Host>> get(access::Actor actor, HostId id);

  struct Affected {
    Host host;
    std::vector<SandboxId> sandboxes;
  };
  Task<Result<Affected>> preview_removal(access::Actor actor, HostId id);
  // Answers with the sandboxes that are in the way, and then nothing has changed; none: the host is gone.
  Task<Result<std::vector<SandboxId>>> remove(access::Actor actor, HostId id);
  // Whatever is in the way is destroyed, as far as the agent can be reached within a bounded time.
  Task<Result<void>> force_removal(access::Actor actor, HostId id);

  // A new registration token for a host whose agent has not registered.
  Task<Result<HostWithToken>> renew_token(access::Actor actor, HostId id);
  // The same for any host, which becomes pending again; its agent must register anew and keeps id and
  // sandboxes.
  Task<Result<HostWithToken>> reset(access::Actor actor, HostId id);

 private:
  Task<Result<void>> check_create(access::Actor actor, NewHost host);
  Task<Result<HostWithToken>> create_in(access::Actor actor, NewHost host, pg::Transaction& tx);
  Task<Result<std::vector<SandboxId>>> remove_if_empty_in(access::Actor actor, Host host,
                                                          pg::Transaction& tx);
  Task<Result<bool>> remove_in(access::Actor actor, Host host, pg::Transaction& tx);
  Task<Result<HostWithToken>> renew_token_in(access::Actor actor, HostId id, pg::Transaction& tx);
  Task<Result<HostWithToken>> reset_in(access::Actor actor, HostId id, pg::Transaction& tx);
  Task<Result<Host>> get_managed(access::Actor actor, HostId id);
  Task<void> empty_agent(Host host, std::vector<SandboxId> sandboxes);

  pg::Database& database_;
  agents::AgentPool& agents_;
};

}  // namespace sandbar::control::hosts
