// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/sandboxes/create_rounds.h"

#include <boost/asio/experimental/awaitable_operators.hpp>

#include "sandbar/control/placement/service.h"
#include "sandbar/control/sandboxes/store.h"
#include "sandbar/log/log.h"

namespace sandbar::control::sandboxes {
namespace {

// A round that has to wait for longer is in a circle with somebody who locks in another order, or waits for
// somebody who hangs.
constexpr auto kLockWait = std::chrono::milliseconds(250);
// A create is answered when its second transaction is on the disk, and with that one the first is. If the
// database crashes in between, a host may have a sandbox without a row, which the reconciler destroys.
constexpr pg::TransactionSettings kPlacing{
    .lock_wait = kLockWait, .generic_plans = true, .may_be_lost = true};
constexpr pg::TransactionSettings kSettling{.lock_wait = kLockWait, .generic_plans = true};

// Of a round's error: nobody knows which of them it was, so each tries by itself. Without a database that
// makes no sense, and what is not known to have failed is not repeated.
bool concerns_all(const Error& error) { return error.code == Errc::unavailable; }

// Not in the lane of single statements, which it would hold up.
Task<void> vacuum_loads(pg::Database& database) {
  auto lane = co_await database.slow_lane();
  auto done = lane ? co_await placement::vacuum(**lane) : fail(lane.error());
  if (!done) log::debug("loads were not vacuumed", {{"error", done.error()}});
}

}  // namespace

CreateRounds::CreateRounds(Parts parts)
    : parts_(parts),
      places_(parts_.queues.places, std::bind_front(&CreateRounds::place_round, this)),
      settlements_(parts_.queues.settlements, std::bind_front(&CreateRounds::settle_round, this)) {}

void CreateRounds::count_placed(std::size_t count) {
  placed_ += static_cast<int>(count);
  if (placed_ < placement::kVacuumAfter) return;
  placed_ = 0;
  parts_.tasks.spawn("vacuum loads", vacuum_loads(parts_.database));
}

Task<Result<placement::Candidate>> CreateRounds::place(Sandbox row, placement::Request request) {
  Wish wish{std::move(row), std::move(request)};
  auto placed = co_await places_.get(wish);
  if (!placed && concerns_all(placed.error())) co_return fail(std::move(placed).error());
  if (placed && *placed) co_return **std::move(placed);
  auto body = std::bind_front(&CreateRounds::place_alone, this, std::move(wish));
  co_return co_await parts_.database.transaction<placement::Candidate>(std::move(body));
}

template <class Answer>
Task<Result<std::vector<Answer>>> CreateRounds::run_round(
    std::function<Task<Result<std::vector<Answer>>>(pg::Transaction&)> body,
    pg::TransactionSettings settings) {
  auto answers = co_await parts_.database.transaction<std::vector<Answer>>(std::move(body), settings);
  if (!answers) log::debug("round of creates failed", {{"error", answers.error()}});
  co_return answers;
}

Task<Result<std::vector<CreateRounds::Placed>>> CreateRounds::place_round(std::vector<Wish> wishes) {
  count_placed(wishes.size());
  return run_round<Placed>(std::bind_front(&CreateRounds::place_rows, this, std::move(wishes)), kPlacing);
}

// Teams first, which it may have to wait for; then hosts, which it passes over when they are locked. Others
// lock the host first, and may wait for the team then: they never wait for a round that waits for them.
Task<Result<std::vector<CreateRounds::Placed>>> CreateRounds::place_rows(std::vector<Wish> wishes,
                                                                         pg::Transaction& tx) {
  using namespace boost::asio::experimental::awaitable_operators;
  std::vector<TeamId> teams;
  for (const auto& wish : wishes) teams.push_back(wish.row.team_id);
  auto [held, found] =
      co_await (parts_.quotas.hold(tx, std::move(teams)) &&
                placement::place_at_once(tx, pg::column(wishes, &Wish::request), parts_.policy));
  CO_TRY(auto holdings, std::move(held));
  CO_TRY(auto hosts, std::move(found));
  std::vector<Placed> placed(wishes.size());
  std::vector<std::size_t> seated;
  std::vector<Sandbox> rows;
  for (std::size_t i = 0; i < wishes.size(); ++i) {
    if (!hosts[i]) continue;
    seated.push_back(i);
    rows.push_back(std::move(wishes[i].row));
    rows.back().host_id = hosts[i]->id;
  }
  if (rows.empty()) co_return placed;
  CO_TRY(auto verdicts, co_await insert(tx, std::move(rows), std::move(holdings)));
  for (std::size_t n = 0; n < seated.size(); ++n) {
    auto& host = *hosts[seated[n]];
    placed[seated[n]] =
        verdicts[n] ? Result<placement::Candidate>(std::move(host)) : fail(verdicts[n].error());
  }
  co_return placed;
}

Task<Result<placement::Candidate>> CreateRounds::place_alone(Wish wish, pg::Transaction& tx) {
  CO_TRY(auto host, co_await placement::place(tx, wish.request, parts_.policy));
  wish.row.host_id = host.id;
  CO_TRY(auto holdings, co_await parts_.quotas.hold(tx, {wish.row.team_id}));
  CO_TRY(auto verdicts, co_await insert(tx, {std::move(wish.row)}, std::move(holdings)));
  CO_TRY_VOID(std::move(verdicts.front()));
  co_return host;
}

Task<Result<std::vector<Result<void>>>> CreateRounds::insert(pg::Transaction& tx, std::vector<Sandbox> rows,
                                                             quotas::Holdings holdings) {
  std::vector<Result<void>> verdicts;
  std::vector<Sandbox> admitted;
  for (auto& row : rows) {
    verdicts.push_back(
        parts_.quotas.admit_new(holdings, row.team_id, {row.vcpus, row.memory_mb, row.disk_mb}));
    if (verdicts.back()) admitted.push_back(std::move(row));
  }
  if (!admitted.empty()) CO_TRY_VOID(co_await insert_sandboxes_any_team(tx, std::move(admitted)));
  co_return verdicts;
}

Task<Result<Sandbox>> CreateRounds::settle(Settling move) {
  auto settled = co_await settlements_.get(move);
  if (!settled && concerns_all(settled.error())) co_return fail(std::move(settled).error());
  if (settled && *settled) co_return **std::move(settled);
  co_return co_await sandboxes::settle(parts_.database, std::move(move));
}

Task<Result<std::vector<CreateRounds::Settled>>> CreateRounds::settle_round(std::vector<Settling> moves) {
  auto body = [moves = std::move(moves)](pg::Transaction& tx) {
    return settle_rows(tx, moves, IfLocked::pass_over);
  };
  return run_round<Settled>(std::move(body), kSettling);
}

}  // namespace sandbar::control::sandboxes
