// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/sandboxes/settle.h"

#include <map>

#include "sandbar/control/audit/service.h"
#include "sandbar/control/sandboxes/store.h"

namespace sandbar::control::sandboxes {
namespace {

audit::Event event_of(const Settling& move, const Sandbox& sandbox) {
  auto event = audit::happened(move.what, move.actor.team->id, move.actor, sandbox.id.str());
  if (move.what == audit::What::sandbox_create) event.metadata["template"] = sandbox.template_;
  return event;
}

Task<Result<std::optional<Sandbox>>> settle_row(pg::Transaction& tx, Settling move) {
  CO_TRY(auto settled, co_await settle_rows(tx, {std::move(move)}, IfLocked::wait));
  co_return std::move(settled.front());
}

}  // namespace

Task<Result<std::vector<std::optional<Sandbox>>>> settle_rows(pg::Transaction& tx,
                                                              std::vector<Settling> moves,
                                                              IfLocked if_locked) {
  if (moves.empty()) co_return std::vector<std::optional<Sandbox>>{};
  const auto& kind = moves.front();
  CO_TRY(auto moved, co_await settle_any_team(tx, pg::column(moves, &Settling::report), kind.from, kind.to,
                                              kind.cause, if_locked));
  std::map<SandboxId, Sandbox> by_id;
  for (auto& sandbox : moved) by_id.emplace(sandbox.id, std::move(sandbox));
  std::vector<std::optional<Sandbox>> settled;
  std::vector<audit::Event> events;
  for (const auto& move : moves) {
    auto found = by_id.find(move.report.id);
    if (found == by_id.end()) {
      settled.push_back(std::nullopt);
      continue;
    }
    events.push_back(event_of(move, found->second));
    settled.push_back(std::move(found->second));
  }
  if (!events.empty()) CO_TRY_VOID(co_await audit::record_all(tx, std::move(events)));
  co_return settled;
}

Task<Result<Sandbox>> settle(pg::Database& database, Settling move) {
  auto body = [&](pg::Transaction& tx) { return settle_row(tx, move); };
  CO_TRY(auto settled, co_await database.transaction<std::optional<Sandbox>>(body));
  if (settled) co_return *std::move(settled);
  // The reconciler may have heard from the agent before the request did. What it records is the system's; who
  // asked has done it all the same.
  CO_TRY(auto sandbox, co_await get_sandbox(database, move.actor.team->id, move.report.id));
  if (sandbox.status != move.to) co_return fail(not_possible_now(move.to));
  CO_TRY_VOID(co_await audit::record(database, event_of(move, sandbox)));
  co_return sandbox;
}

}  // namespace sandbar::control::sandboxes
