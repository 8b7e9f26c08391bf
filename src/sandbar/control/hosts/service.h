// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/access/types.h"
#include "sandbar/control/agents/agent_pool.h"
#include "sandbar/control/hosts/types.h"
#include "sandbar/http/page.h"
#include "sandbar/pg/database.h"

// Hosts as people manage them. What agents do with them is in enrolment.h. A draining host takes no new
// sandboxes and keeps those that it has.

namespace sandbar::control::hosts {

struct HostListing {
  std::optional<std::string> cursor;
  int limit = 50;
  std::optional<HostType> type;
  std::optional<TeamId> team;  // platform admins choose; for others it is theirs
  std::optional<HostState> status;
  std::optional<std::string> tag;
};

class HostsService {
 public:
  HostsService(pg::Database& database, agents::AgentPool& agents, Lifetimes lifetimes = {})
      : database_(database), agents_(agents), lifetimes_(lifetimes) {}

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

  // invalid_state for a host whose agent has not registered.
  Task<Result<Host>> drain(access::Actor actor, HostId id);
  Task<Result<Host>> undrain(access::Actor actor, HostId id);

  Task<Result<std::vector<std::string>>> list_tags(access::Actor actor, HostId id);
  // Adding what is there and removing what is not are successes.
  Task<Result<void>> add_tag(access::Actor actor, HostId id, std::string tag);
  Task<Result<void>> remove_tag(access::Actor actor, HostId id, std::string tag);

  // A new registration token for a host that control has not reached yet.
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
  Task<Result<Host>> drain_in(access::Actor actor, HostId id, pg::Transaction& tx);
  Task<Result<Host>> undrain_in(access::Actor actor, HostId id, pg::Transaction& tx);
  Task<Result<bool>> add_tag_in(access::Actor actor, HostId id, std::string tag, pg::Transaction& tx);
  Task<Result<bool>> remove_tag_in(access::Actor actor, HostId id, std::string tag, pg::Transaction& tx);
  Task<Result<Host>> lock_managed(access::Actor actor, HostId id, pg::Transaction& tx);
  Task<Result<Secret>> new_token(access::Actor actor, HostId id, pg::Transaction& tx);
  Task<Result<Host>> get_managed(access::Actor actor, HostId id);
  Task<void> empty_agent(Host host, std::vector<SandboxId> sandboxes);

  pg::Database& database_;
  agents::AgentPool& agents_;
  Lifetimes lifetimes_;
};

}  // namespace sandbar::control::hosts
