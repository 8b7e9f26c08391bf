// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/describe/class.hpp>
#include <string>
#include <vector>

#include "sandbar/base/id.h"
#include "sandbar/control/access/rate_limiter.h"
#include "sandbar/pg/database.h"

// Finds active accounts of the whole site by the beginning of their address. It takes an "@" and is limited
// for each caller, so that nobody can read the list of users with it.

namespace sandbar::control::users {

struct FoundUser {
  UserId user_id;
  std::string email;
};
BOOST_DESCRIBE_STRUCT(FoundUser, (), (user_id, email))

class SearchService {
 public:
  SearchService(pg::Database& database, access::RateLimiter& limiter)
      : database_(database), limiter_(limiter) {}

  // At most ten, by address. Every character of `prefix` stands for itself.
  Task<Result<std::vector<FoundUser>>> find(std::string prefix);

  access::RateLimiter& limiter() { return limiter_; }

 private:
  pg::Database& database_;
  access::RateLimiter& limiter_;
};

}  // namespace sandbar::control::users
