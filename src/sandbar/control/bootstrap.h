// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/config.h"

namespace sandbar::control {

struct BootstrapOptions {
  std::string email, name;
  std::string password_file;  // empty: a random password is made
};

// Makes the first platform admin with a team, an API key of it, and a pending host with a registration token.
// Answers with one JSON object. Needs only the database and the secret; invalid_state once there is an admin.
Result<std::string> bootstrap(const Config& config, const BootstrapOptions& options);

}  // namespace sandbar::control
