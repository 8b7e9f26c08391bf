// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "sandbar/async/blocking.h"
#include "sandbar/base/secret.h"

// Argon2id, on threads of their own: one hash takes about 20 ms and 19 MiB (OWASP's second recommendation).

namespace sandbar::control::access {

class Passwords {
 public:
  explicit Passwords(BlockingPool& pool) : pool_(pool) {}

  // The encoded form, parameters and salt included.
  Task<Result<std::string>> hash(Secret password);
  // Without a hash (no such user, or one who signs in elsewhere) it takes as long, and says no.
  Task<bool> verify(std::optional<std::string> hash, Secret password);

 private:
  BlockingPool& pool_;
};

}  // namespace sandbar::control::access
