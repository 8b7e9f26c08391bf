// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "sandbar/async/gatherer.h"
#include "sandbar/control/placement/types.h"
#include "sandbar/control/quotas/service.h"
#include "sandbar/control/sandboxes/settle.h"

// What the database does for a create: a host and a row before its agent is asked, and the row's move to
// `running` after that. Creates of one moment do it together, on whatever thread they are, in one transaction
// for all, which is what makes many at once fast. A round waits for no host and no row that somebody else has
// locked, and not long for teams' totals. One create's trouble is not another's: who was left out, and
// everybody of a round that failed, goes on in a transaction of his own.

namespace sandbar::control::sandboxes {

class CreateRounds {
  struct Wish {
    Sandbox row;
    placement::Request request;
  };
  // Nothing for one that must be placed by itself.
  using Placed = std::optional<Result<placement::Candidate>>;
  using Settled = std::optional<Sandbox>;
  using Places = Gatherer<Wish, Placed>;
  using Settlements = Gatherer<Settling, Settled>;

 public:
  // Rows of one transaction: they lock as many hosts.
  static constexpr std::size_t kMostInRound = 32;

  // What the threads of a program have in common.
  struct Queues {
    std::shared_ptr<Places::Queue> places = Places::make_queue(kMostInRound);
    std::shared_ptr<Settlements::Queue> settlements = Settlements::make_queue(kMostInRound);
  };
  struct Parts {
    pg::Database& database;
    quotas::QuotaService& quotas;
    placement::Policy policy;
    Supervisor& tasks;
    Queues queues;
  };
  explicit CreateRounds(Parts parts);

  // The host; the row is inserted. quota_exceeded, no_hosts_available.
  Task<Result<placement::Candidate>> place(Sandbox row, placement::Request request);
  // Of the kind of the move that ends a create. As settle() says.
  Task<Result<Sandbox>> settle(Settling move);

 private:
  template <class Answer>
  Task<Result<std::vector<Answer>>> run_round(
      std::function<Task<Result<std::vector<Answer>>>(pg::Transaction&)> body,
      pg::TransactionSettings settings);
  void count_placed(std::size_t count);
  Task<Result<std::vector<Placed>>> place_round(std::vector<Wish> wishes);
  Task<Result<std::vector<Placed>>> place_rows(std::vector<Wish> wishes, pg::Transaction& tx);
  Task<Result<placement::Candidate>> place_alone(Wish wish, pg::Transaction& tx);
  // Inserts those that their teams' quotas admit.
  Task<Result<std::vector<Result<void>>>> insert(pg::Transaction& tx, std::vector<Sandbox> rows,
                                                 quotas::Holdings holdings);
  Task<Result<std::vector<Settled>>> settle_round(std::vector<Settling> moves);

  Parts parts_;
  int placed_ = 0;  // since the last vacuum
  Places places_;
  Settlements settlements_;
};

}  // namespace sandbar::control::sandboxes
