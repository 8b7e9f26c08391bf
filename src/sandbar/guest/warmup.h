// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/rpc/connect_server.h"

namespace sandbar::guest {

// Serves one Start of a login shell in memory, without a connection. In an emulated machine the first pass
// over any code costs many times the second, and a template's memory image keeps whatever was touched before.
Task<void> run_warmup(Executor executor, rpc::ConnectServer& server);

}  // namespace sandbar::guest
