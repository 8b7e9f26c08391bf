// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/placement/service.h"

#include "sandbar/control/placement/choose.h"
#include "sandbar/control/placement/store.sql.h"
#include "sandbar/model/host_state.h"
#include "sandbar/model/sandbox_state.h"

namespace sandbar::control::placement {
namespace {

bool holds_memory(SandboxState state) { return holds_resources(state) && state != SandboxState::paused; }

}  // namespace

Task<Result<Candidate>> place(pg::Transaction& tx, Request request, Policy policy) {
  CO_TRY_VOID(co_await tx.query(sql::lock_placement));
  CO_TRY(auto rows,
         co_await tx.query(sql::list_candidates, states_where(&holds_memory), request.template_id,
                           HostState::online, request.is_byoc, request.team_id, HostType::regular));
  auto candidates = rows.all<Candidate>();
  const auto* chosen = choose_host(candidates, request, policy);
  if (!chosen) co_return fail(Error{Errc::no_hosts_available, "no host can take this sandbox now"});
  CO_TRY_VOID(co_await tx.query(sql::note_placement, chosen->id));
  co_return *chosen;
}

}  // namespace sandbar::control::placement
