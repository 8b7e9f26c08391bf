// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/placement/service.h"

#include "sandbar/control/placement/store.sql.h"
#include "sandbar/model/host_state.h"

namespace sandbar::control::placement {
namespace {

// Of the same parameters in the same order.
template <std::size_t N>
Task<Result<std::optional<Candidate>>> choose_holder(pg::Transaction& tx, const pg::Statement<N>& statement,
                                                     const Request& r, const Policy& p) {
  CO_TRY(auto rows,
         co_await tx.query(statement, r.template_id, p.memory_overcommit_percent, p.disk_overcommit_percent,
                           p.cpu_overcommit_percent, HostState::online, r.is_byoc, r.team_id,
                           HostType::regular, r.excluded, r.arch, r.tags, r.memory_mb, r.disk_mb));
  co_return rows.template maybe<Candidate>();
}

Task<Result<std::optional<Candidate>>> choose_free_holder(pg::Transaction& tx, const Request& request,
                                                          const Policy& policy) {
  if (policy.strategy == Strategy::least_loaded)
    return choose_holder(tx, sql::least_loaded_holder, request, policy);
  return choose_holder(tx, sql::next_holder, request, policy);
}

Task<Result<std::optional<Candidate>>> choose_any(pg::Transaction& tx, const Request& r, const Policy& p) {
  CO_TRY(auto rows,
         co_await tx.query(sql::choose_host, p.memory_overcommit_percent, p.disk_overcommit_percent,
                           p.cpu_overcommit_percent, r.template_id, HostState::online, HostState::draining,
                           r.is_byoc, r.team_id, HostType::regular, r.excluded, r.arch, r.tags, r.memory_mb,
                           r.disk_mb, p.strategy, Strategy::least_loaded));
  co_return rows.maybe<Candidate>();
}

}  // namespace

Task<Result<Candidate>> place(pg::Transaction& tx, Request request, Policy policy) {
  CO_TRY(auto chosen, co_await choose_free_holder(tx, request, policy));
  if (!chosen) {
    CO_TRY(chosen, co_await choose_any(tx, request, policy));
  }
  if (!chosen) co_return fail(Error{Errc::no_hosts_available, "no host can take this sandbox now"});
  co_return *std::move(chosen);
}

}  // namespace sandbar::control::placement
