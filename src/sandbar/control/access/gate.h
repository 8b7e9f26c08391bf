// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/access/call.h"
#include "sandbar/control/access/service.h"

// Lets requests in. Credentials: "Authorization: Bearer <token>", "X-API-Key", "X-Host-Token". With both of
// the first two the API key counts, and a bad one is refused even beside a good token.

namespace sandbar::control::access {

class Gate final : public http::Gate {
 public:
  explicit Gate(AccessService& access) : access_(access) {}

  Task<Result<http::CallPtr>> admit(http::CallParts parts, const http::RequestHead& credentials) override;

 private:
  Task<Result<Actor>> identify(http::Access access, const http::RequestHead& credentials);
  AccessService& access_;
};

// Whether an actor may use a route of that access.
Result<void> check(http::Access access, const Actor& actor);

}  // namespace sandbar::control::access
