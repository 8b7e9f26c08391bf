// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/audit/sealer.h"

#include <map>

#include "sandbar/async/timer.h"
#include "sandbar/async/together.h"
#include "sandbar/chain/chain.h"
#include "sandbar/control/audit/chain_store.h"
#include "sandbar/log/log.h"

namespace sandbar::control::audit {
namespace {

constexpr int kBatch = 500;

Task<Result<std::map<TeamId, Head>>> heads_of(pg::Session& session, const std::vector<Entry>& entries) {
  std::map<TeamId, Head> heads;
  for (const auto& entry : entries) heads.try_emplace(entry.team_id);
  std::vector<TeamId> teams;
  for (auto& [team, head] : heads) {
    head = {team, 0, chain::start()};
    teams.push_back(team);
  }
  CO_TRY(auto found, co_await list_heads(session, std::move(teams)));
  for (auto& head : found) heads[head.team_id] = std::move(head);
  co_return heads;
}

Task<Result<int>> seal_batch(pg::Transaction& tx) {
  CO_TRY(bool locked, co_await try_lock_chains(tx));
  if (!locked) co_return 0;
  CO_TRY(auto entries, co_await list_unsealed_any_team(tx, kBatch));
  CO_TRY(auto heads, co_await heads_of(tx, entries));
  std::vector<Link> links;
  for (const auto& entry : entries) {
    auto& head = heads[entry.team_id];
    ++head.seq;
    head.hash = chain::link(head.hash, chain::digest_of(sealed_form(entry)));
    links.push_back({head.team_id, head.seq, entry.id, head.hash});
  }
  CO_TRY_VOID(co_await insert_links(tx, std::move(links)));
  std::vector<Head> moved;
  for (auto& [team, head] : heads) moved.push_back(std::move(head));
  CO_TRY_VOID(co_await update_heads(tx, std::move(moved)));
  co_return static_cast<int>(entries.size());
}

Task<void> seal_and_say(Sealer& sealer) {
  auto sealed = co_await sealer.seal();
  if (!sealed) log::warn("audit entries not sealed", {{"error", sealed.error()}});
}

}  // namespace

Task<Result<int>> Sealer::seal() {
  CO_TRY(auto waiting, co_await find_waiting(database_));
  if (waiting.spilled) {
    CO_TRY(auto drained, co_await drain_spill(database_, kBatch));
    log::info("spilled audit entries were drained", {{"batches", drained}});
  }
  int sealed = 0;
  if (!waiting.unsealed && !waiting.spilled) co_return sealed;
  for (int batch = kBatch; batch == kBatch; sealed += batch) {
    CO_TRY(batch, co_await database_.transaction<int>(seal_batch));
  }
  co_return sealed;
}

Task<void> Sealer::run() {
  for (;;) {
    std::vector<Task<void>> round;
    round.push_back(seal_and_say(*this));
    co_await run_together("seal audit entries", std::move(round));
    co_await sleep_for(period_);
  }
}

}  // namespace sandbar::control::audit
