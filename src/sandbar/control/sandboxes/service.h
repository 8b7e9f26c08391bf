// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "sandbar/async/spawn.h"
#include "sandbar/control/access/secrets.h"
#include "sandbar/control/access/types.h"
#include "sandbar/control/agents/agent_pool.h"
#include "sandbar/control/placement/types.h"
#include "sandbar/control/quotas/service.h"
#include "sandbar/control/sandboxes/create_rounds.h"
#include "sandbar/control/sandboxes/types.h"
#include "sandbar/control/templates/service.h"
#include "sandbar/control/transfers/service.h"

// The life of sandboxes as their teams steer it. What changes something runs to its end even if the client
// goes away: the request only waits for it. The row moves first, then the agent is asked, then the row moves
// to where that led; whoever dies in between leaves a transitional status, which the reconciler resolves by
// asking the agent. Actors have a team: routes let nobody else in.

namespace sandbar::control::sandboxes {

struct Launch;

class SandboxService {
 public:
  struct Parts {
    pg::Database& database;
    templates::TemplateService& templates;
    transfers::TransferService& transfers;
    agents::AgentPool& agents;
    const access::Keys& keys;
    Supervisor& tasks;
    quotas::QuotaService& quotas;
    placement::Policy policy;
    CreateRounds::Queues rounds = {};
    // Called before a running sandbox is destroyed, while its host still knows what it has used.
    std::function<Task<void>(Sandbox)> keep_metrics = {};
  };
  explicit SandboxService(Parts parts)
      : parts_(std::move(parts)),
        rounds_({parts_.database, parts_.quotas, parts_.policy, parts_.tasks, parts_.rounds}) {}

  // Running when it answers. quota_exceeded, no_hosts_available, agent_error, or what is wrong with the
  // request.
  Task<Result<Sandbox>> create(access::Actor actor, NewSandbox wanted);
  Task<Result<Sandbox>> get(access::Actor actor, SandboxId id);
  // Newest first.
  Task<Result<http::Page<Sandbox>>> list(ListSandboxes list);
  // A success for one that is gone already. If its host is away, the wish is remembered.
  Task<Result<void>> destroy(access::Actor actor, SandboxId id);
  Task<Result<Sandbox>> pause(access::Actor actor, SandboxId id);
  Task<Result<Sandbox>> resume(access::Actor actor, SandboxId id);
  // What hosts paused because they had lost control, not longer ago than that, runs again. How many.
  Task<Result<int>> resume_after_outage(std::chrono::milliseconds within);
  // Restarts the idle timer, and changes the timeout when given.
  Task<Result<Sandbox>> set_timeout(access::Actor actor, SandboxId id,
                                    std::optional<std::int64_t> timeout_sec);

  // The way to the guest of a running sandbox; invalid_state if it does not run.
  Task<Result<GuestAccess>> enter(access::Actor actor, SandboxId id);
  // The client of the sandbox's host; host_unavailable if that is gone.
  Result<agents::AgentClientPtr> agent_of(const Sandbox& sandbox);

 private:
  Task<Result<std::vector<Sandbox>>> list_in_its_lane(ListSandboxes list);
  Task<Result<Sandbox>> do_create(access::Actor actor, NewSandbox wanted);
  Task<Result<void>> place(Launch& launch);
  // On none of the hosts that the launch excludes.
  Task<Result<void>> place_elsewhere(Launch& launch);
  Task<Result<agents::SandboxReport>> start_somewhere(Launch& launch);
  Task<Result<agents::SandboxReport>> start_on_host(Launch& launch, agents::AgentClientPtr agent);
  Task<Error> give_up(Launch& launch, Error error);
  Task<Result<Sandbox>> finish(Launch& launch, agents::SandboxReport report);
  Task<Result<void>> do_destroy(access::Actor actor, SandboxId id);
  Task<Result<Sandbox>> do_pause(access::Actor actor, SandboxId id);
  Task<Result<Sandbox>> do_resume(access::Actor actor, SandboxId id);
  Task<void> resume_some(std::vector<PausedByOutage>& waiting, int& resumed);
  Task<Result<void>> finish_destroy(Sandbox sandbox);
  // After a pause or resume that brought an error: makes the row say what the agent says. A success if only
  // the answer was lost.
  Task<Result<Sandbox>> settle_by_asking(Sandbox before, Settling wish, agents::AgentClientPtr agent,
                                         Error error);

  Parts parts_;
  CreateRounds rounds_;
};

}  // namespace sandbar::control::sandboxes
