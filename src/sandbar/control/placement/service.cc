// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/placement/service.h"

#include "sandbar/control/placement/store.sql.h"
#include "sandbar/model/host_state.h"

namespace sandbar::control::placement {
namespace {

// A host that can take `room` of what was asked for.
struct Holder {
  HostId id;
  std::string address, cert_fingerprint;
  std::int64_t room = 0;
};
BOOST_DESCRIBE_STRUCT(Holder, (), (id, address, cert_fingerprint, room))

using Holders = std::vector<Holder>;

// Of the same parameters in the same order.
template <std::size_t N>
Task<Result<Holders>> choose(pg::Transaction& tx, const pg::Statement<N>& statement, const Request& r,
                             const Policy& p, std::int64_t most) {
  CO_TRY(auto rows, co_await tx.query(statement, r.memory_mb, r.disk_mb, most, r.template_id,
                                      p.memory_overcommit_percent, p.disk_overcommit_percent,
                                      p.cpu_overcommit_percent, HostState::online, r.is_byoc, r.team_id,
                                      HostType::regular, r.excluded, r.arch, r.tags));
  co_return rows.template all<Holder>();
}

// The best is found by the load of each, so only one is asked for at a time.
Task<Result<Holders>> choose_free_holders(pg::Transaction& tx, const Request& request, const Policy& policy,
                                          std::size_t most) {
  if (policy.strategy == Strategy::least_loaded)
    return choose(tx, sql::least_loaded_holders, request, policy, 1);
  return choose(tx, sql::next_holders, request, policy, static_cast<std::int64_t>(most));
}

Task<Result<std::optional<Candidate>>> choose_any(pg::Transaction& tx, const Request& r, const Policy& p) {
  CO_TRY(auto rows,
         co_await tx.query(sql::choose_host, p.memory_overcommit_percent, p.disk_overcommit_percent,
                           p.cpu_overcommit_percent, r.template_id, HostState::online, HostState::draining,
                           r.is_byoc, r.team_id, HostType::regular, r.excluded, r.arch, r.tags, r.memory_mb,
                           r.disk_mb, p.strategy, Strategy::least_loaded));
  co_return rows.maybe<Candidate>();
}

Request without_team(Request request) {
  if (!request.is_byoc) request.team_id = {};
  return request;
}

// Whether the same hosts can take both, as many of one as of the other.
bool are_alike(const Request& a, const Request& b) { return without_team(a) == without_team(b); }

// Around the table, until there is no room or everybody has a host.
void deal(Holders holders, const std::vector<std::optional<Candidate>*>& places) {
  std::size_t turn = 0;
  for (auto* place : places) {
    if (holders.empty()) return;
    auto& host = holders[turn];
    *place = {host.id, host.address, host.cert_fingerprint, true};
    if (--host.room > 0)
      ++turn;
    else
      holders.erase(holders.begin() + static_cast<std::ptrdiff_t>(turn));
    if (turn >= holders.size()) turn = 0;
  }
}

}  // namespace

Task<Result<std::vector<std::optional<Candidate>>>> place_at_once(pg::Transaction& tx,
                                                                  std::vector<Request> requests,
                                                                  Policy policy) {
  std::vector<std::optional<Candidate>> chosen(requests.size());
  std::vector<bool> seen(requests.size());
  std::vector<HostId> taken;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    if (seen[i]) continue;
    std::vector<std::optional<Candidate>*> places;
    for (auto j = i; j < requests.size(); ++j)
      if (!seen[j] && are_alike(requests[i], requests[j])) seen[j] = true, places.push_back(&chosen[j]);
    auto request = requests[i];
    // This transaction's own locks do not keep it away, and what it promised there is not counted yet.
    request.excluded.insert(request.excluded.end(), taken.begin(), taken.end());
    CO_TRY(auto holders, co_await choose_free_holders(tx, request, policy, places.size()));
    for (const auto& holder : holders) taken.push_back(holder.id);
    if (policy.strategy == Strategy::least_loaded) places.resize(1);
    deal(std::move(holders), places);
  }
  co_return chosen;
}

Task<Result<Candidate>> place(pg::Transaction& tx, Request request, Policy policy) {
  CO_TRY(auto at_once, co_await place_at_once(tx, {request}, policy));
  auto chosen = std::move(at_once.front());
  if (!chosen) {
    CO_TRY(chosen, co_await choose_any(tx, request, policy));
  }
  if (!chosen) co_return fail(Error{Errc::no_hosts_available, "no host can take this sandbox now"});
  co_return *std::move(chosen);
}

Task<Result<void>> vacuum(pg::Session& session) {
  CO_TRY_VOID(co_await session.query(sql::vacuum_loads));
  co_return Result<void>{};
}

}  // namespace sandbar::control::placement
