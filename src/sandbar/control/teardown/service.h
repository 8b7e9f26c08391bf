// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

#include "sandbar/control/access/types.h"
#include "sandbar/control/agents/agent_pool.h"
#include "sandbar/control/hosts/service.h"
#include "sandbar/pg/database.h"

// How a team ends, in two steps. remove() is one transaction: the team is deleted, its keys are revoked, its
// sandboxes are on their way out, and from then on nothing can be made for it. tear_down() does what takes
// time and other machines: it destroys the sandboxes, removes templates and the team's own hosts. It reads
// from the database what is left to do, so whoever dies meanwhile loses nothing, and a host that is away
// holds up only what is on it.

namespace sandbar::control::teardown {

struct Limits {
  std::chrono::milliseconds host_call{
      5'000};  // everything that is asked of one host for one team in one round
  int teams = 20, sandboxes = 500, templates = 200, hosts = 20;  // of one round
};

class TeardownService {
 public:
  struct Parts {
    pg::Database& database;
    agents::AgentPool& agents;
    hosts::HostsService& hosts;
    Limits limits = {};
  };
  explicit TeardownService(Parts parts) : parts_(parts) {}

  // By the owner. forbidden if the actor is not that any more.
  Task<Result<void>> remove(access::Actor actor, TeamId team);
  // By a platform admin.
  Task<Result<void>> remove_any_team(access::Actor actor, TeamId team);
  // One round of the job: how many things have been brought to their end.
  Task<Result<int>> tear_down();

 private:
  enum class By { owner, platform_admin };
  Task<Result<bool>> remove_in(access::Actor actor, TeamId team, By by, pg::Transaction& tx);
  Task<Result<int>> tear_down_team(TeamId team);
  Task<Result<int>> end_sandboxes_of(TeamId team);
  Task<Result<bool>> mark_in(TeamId team, pg::Transaction& tx);
  Task<Result<int>> end_templates_of(TeamId team);
  Task<Result<int>> end_hosts_of(TeamId team);
  Task<Result<bool>> finish_in(TeamId team, pg::Transaction& tx);

  Parts parts_;
};

}  // namespace sandbar::control::teardown
