// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/http/server.h"

// The serial port of the virtual machine, over which the agent calls at first (serial/line.h).

namespace sandbar::guest {

// Serves what comes over it, once the kernel has found it. A machine without one is served over TCP alone.
Task<void> serve_port(Executor executor, http::Server& server);

}  // namespace sandbar::guest
