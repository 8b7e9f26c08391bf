// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/base/check.h"
#include "sandbar/control/access/rate_limiter.h"
#include "sandbar/control/access/types.h"
#include "sandbar/http/route.h"

namespace sandbar::control::access {

// What every handler of control gets: the request, and who sent it.
class Call : public http::Call {
 public:
  Call(http::CallParts parts, Actor actor) : http::Call(std::move(parts)), actor_(std::move(actor)) {}

  const Actor& actor() const { return actor_; }
  // For routes with Access::user, team_member, team_admin or team_owner.
  TeamId team() const {
    SANDBAR_CHECK(actor_.team);
    return actor_.team->id;
  }
  // For routes with Access::session, user, team_admin, team_owner or platform_admin that let no key in.
  UserId user() const {
    SANDBAR_CHECK(actor_.user);
    return *actor_.user;
  }
  std::string actor_label() const override { return actor_.label(); }
  // Who signs in, for the list of sessions.
  Client client() const;

  // rate_limited, with Retry-After, once the caller's address has done `what` too often.
  Result<void> limit(RateLimiter& limiter, std::string_view what, RateLimit limit);
  // The same for the caller, wherever the calls come from.
  Result<void> limit_actor(RateLimiter& limiter, std::string_view what, RateLimit limit);

 private:
  Result<void> take(RateLimiter& limiter, std::string bucket, RateLimit limit);

  Actor actor_;
};

}  // namespace sandbar::control::access
