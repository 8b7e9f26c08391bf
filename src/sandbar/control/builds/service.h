// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "sandbar/async/spawn.h"
#include "sandbar/control/access/types.h"
#include "sandbar/control/agents/agent_pool.h"
#include "sandbar/control/builds/types.h"
#include "sandbar/control/quotas/service.h"
#include "sandbar/http/page.h"
#include "sandbar/pg/database.h"

// Template definitions become templates on a host that has room. A build is a row; whoever finds it pending
// gives it to a host, and follows what the host says until it ends. If that replica dies, another one takes
// over where the log stops; if the host's agent dies, the build has failed. However it ends, the template is
// there as a whole or not at all.

namespace sandbar::control::builds {

class BuildService {
 public:
  struct Parts {
    pg::Database& database;
    agents::AgentPool& agents;
    Supervisor& tasks;
    quotas::QuotaService& quotas;
    Policy policy;
  };
  explicit BuildService(Parts parts) : parts_(std::move(parts)) {}

  // For the actor's team, or for the platform. Answers while it waits for a host.
  Task<Result<Build>> create(access::Actor actor, TeamId team, NewBuild wanted);
  Task<Result<Build>> get(TeamId team, BuildId id);
  Task<Result<http::Page<Build>>> list(ListBuilds list);
  Task<Result<LogPart>> log(TeamId team, BuildId id, std::int64_t from);
  // invalid_state for one that is over.
  Task<Result<Build>> cancel(access::Actor actor, TeamId team, BuildId id);

  // Gives hosts what waits, takes over what nobody follows, ends what waits in vain; answers with the number
  // of builds that it moved. Any number of replicas may do that at the same time.
  Task<Result<int>> advance();

 private:
  Task<Result<Build>> create_in(pg::Transaction& tx, access::Actor actor, TeamId team, NewBuild wanted);
  Task<Result<bool>> start(Build build);
  Task<Result<std::optional<Build>>> claim(pg::Transaction& tx, Build build);
  Task<void> try_advance();
  Task<void> follow(Build build);
  Task<void> drop_from_host(Build build);

  Parts parts_;
};

}  // namespace sandbar::control::builds
