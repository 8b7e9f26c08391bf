// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>

#include "sandbar/async/spawn.h"
#include "sandbar/control/webhooks/courier.h"
#include "sandbar/control/webhooks/store.h"
#include "sandbar/pg/database.h"

// Makes deliveries of events, and attempts them: at least once, in no promised order. Events are read from
// the sealed audit chains, so none is lost or doubled, whoever dies when. An attempt is claimed for a time
// before it is made; a claim whose holder died is taken over. A round only starts attempts, it does not wait
// for them, so slow servers hold nobody up; nobody has more than a few attempts at a time.

namespace sandbar::control::webhooks {

class Dispatcher {
 public:
  struct Parts {
    pg::Database& database;
    const Clock& clock;
    const Secret& sealing_key;
    const Courier& courier;
    Supervisor& tasks;
    Counters& counters;
    Settings settings;
  };
  explicit Dispatcher(Parts parts) : parts_(std::move(parts)) {}

  // Jobs; how many deliveries were made, attempts started, deliveries forgotten.
  Task<Result<int>> fan_out();
  Task<Result<int>> attempt_due();
  Task<Result<int>> prune();
  // In the Prometheus text format.
  Task<Result<std::string>> prometheus_text();

 private:
  Task<Result<int>> fan_out_in(WebhookId id, pg::Transaction& tx);
  Task<void> attempt(Claim claim);
  Task<Result<void>> attempt_and_note(Claim claim);
  Result<std::vector<Secret>> secrets_of(const Claim& claim) const;
  Task<Result<void>> note(Claim claim, Outcome outcome);
  Task<Result<bool>> disable_in(Claim claim, pg::Transaction& tx);
  std::chrono::milliseconds retry_after(int attempts) const;

  Parts parts_;
  std::map<WebhookId, int> running_;  // attempts of this process
  int running_total_ = 0;
};

}  // namespace sandbar::control::webhooks
