// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/async/blocking.h"
#include "sandbar/control/access/secrets.h"
#include "sandbar/control/mail/types.h"
#include "sandbar/pg/database.h"

namespace sandbar::control::mail {

// Sends what is due, one after the other, until cancelled. Every replica may run one: a mail is claimed
// before it is sent. A mail that was taken just when the sender died is sent twice, and never not at all.
class Sender {
 public:
  Sender(pg::Database& database, BlockingPool& pool, const access::Keys& keys, const Clock& clock,
         MailOptions options)
      : database_(database), pool_(pool), keys_(keys), clock_(clock), options_(std::move(options)) {}

  Task<void> run();
  // Whether there was one that is due.
  Task<Result<bool>> send_next();

 private:
  std::chrono::milliseconds pause_after(int attempts) const;

  pg::Database& database_;
  BlockingPool& pool_;
  const access::Keys& keys_;
  const Clock& clock_;
  MailOptions options_;
};

}  // namespace sandbar::control::mail
