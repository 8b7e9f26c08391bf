// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/http/pipeline.h"
#include "sandbar/pg/database.h"

// Answers of creating requests under the key that the client sent with them, for a day. A key belongs to who
// sent it; the same key with another request is refused, so that a mistake does not look like a success.

namespace sandbar::control::idempotency {

class IdempotencyService final : public http::Idempotency {
 public:
  explicit IdempotencyService(pg::Database& database) : database_(database) {}

  Task<Result<std::optional<http::Answer>>> begin(http::Call& call, std::string key) override;
  Task<void> end(http::Call& call, std::string key, const http::Answer* answer) override;

 private:
  pg::Database& database_;
};

}  // namespace sandbar::control::idempotency
