// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/placement/service.h"

#include "sandbar/control/placement/store.sql.h"
#include "sandbar/model/host_state.h"

namespace sandbar::control::placement {
namespace {

// Of the same parameters in the same order: statements of placement/store.sql differ in how they meet locks.
template <std::size_t N>
Task<Result<std::optional<Candidate>>> choose(pg::Transaction& tx, const pg::Statement<N>& statement,
                                              const Request& r, const Policy& p) {
  CO_TRY(auto rows,
         co_await tx.query(statement, p.memory_overcommit_percent, p.disk_overcommit_percent,
                           p.cpu_overcommit_percent, r.template_id, HostState::online, HostState::draining,
                           r.is_byoc, r.team_id, HostType::regular, r.excluded, r.arch, r.tags, r.memory_mb,
                           r.disk_mb, p.strategy, Strategy::least_loaded));
  co_return rows.template maybe<Candidate>();
}

}  // namespace

Task<Result<Candidate>> place(pg::Transaction& tx, Request request, Policy policy) {
  CO_TRY(auto chosen, co_await choose(tx, sql::choose_free_host, request, policy));
  // Every host that fits, or that has the template, may have been locked by a placement of this moment.
  if (!chosen || !chosen->holds_template) {
    CO_TRY(chosen, co_await choose(tx, sql::choose_host, request, policy));
  }
  if (!chosen) co_return fail(Error{Errc::no_hosts_available, "no host can take this sandbox now"});
  co_return *std::move(chosen);
}

}  // namespace sandbar::control::placement
