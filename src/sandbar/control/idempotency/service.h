// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/base/secret.h"
#include "sandbar/http/pipeline.h"
#include "sandbar/pg/database.h"

// Answers of creating requests under the key that the client sent with them, for a day. A key belongs to who
// sent it; the same key with another request is refused, so that a mistake does not look like a success.
// Answers are stored sealed, because some hold a secret that is shown only once.

namespace sandbar::control::idempotency {

class IdempotencyService final : public http::Idempotency {
 public:
  IdempotencyService(pg::Database& database, const Secret& sealing_key)
      : database_(database), sealing_key_(sealing_key) {}

  Task<Result<std::optional<http::Answer>>> begin(http::Call& call, std::string key) override;
  Task<void> end(http::Call& call, std::string key, const http::Answer* answer) override;

 private:
  pg::Database& database_;
  const Secret& sealing_key_;
};

}  // namespace sandbar::control::idempotency
