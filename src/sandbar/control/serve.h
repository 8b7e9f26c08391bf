// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/config.h"

// The running program: schema and authority first, then one App on each thread, until SIGTERM or SIGINT.

namespace sandbar::control {

// Prints the address on standard output once it serves. Returns after an orderly end.
Result<void> serve(Config config);

// The first platform admin, a team, an API key and a pending host with a registration token, as one JSON object.
// invalid_state once there is an admin.
struct BootstrapOptions {
  std::string email, name, password_file;
};
Result<std::string> bootstrap(Config config, BootstrapOptions options);

}  // namespace sandbar::control
