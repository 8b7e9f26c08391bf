// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "sandbar/base/clock.h"

namespace sandbar::control::authority {

// What an agent gets, and what control remembers of it: only a certificate with this fingerprint is the host.
struct AgentCertificate {
  std::string pem, fingerprint;
  Time expires_at{};
};

}  // namespace sandbar::control::authority
