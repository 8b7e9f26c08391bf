// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/config.h"

// The running program: schema and authority first, then one App on each thread, until SIGTERM or SIGINT.

namespace sandbar::control {

// Prints the address on standard output once it serves. Returns after an orderly end.
Result<void> serve(Config config);

}  // namespace sandbar::control
