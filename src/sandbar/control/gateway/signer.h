// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "sandbar/base/clock.h"
#include "sandbar/control/access/secrets.h"

// What lets traffic in without an account: links (one port, until a time) and the traffic token of a sandbox
// (all ports). Both are derived from the installation's secret and the sandbox's link epoch, so that nothing
// is stored and raising the epoch ends all of them. Not for two threads at once.

namespace sandbar::control::gateway {

class Signer {
 public:
  explicit Signer(const access::Keys& keys);

  // "1700003600.Zm9v…": the time in seconds, and a signature.
  std::string link_token(SandboxId sandbox, int port, std::int64_t epoch, Time expires_at) const;
  bool accepts_link(std::string_view token, SandboxId sandbox, int port, std::int64_t epoch, Time now) const;
  // 64 hex digits.
  std::string traffic_token(SandboxId sandbox, std::int64_t epoch) const;

 private:
  access::Hmac hmac_;
};

// When a token of that form ends; nothing if it has not that form.
std::optional<Time> expiry_of_link(std::string_view token);

}  // namespace sandbar::control::gateway
