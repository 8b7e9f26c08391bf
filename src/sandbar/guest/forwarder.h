// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/http/server.h"

// Connections to services that listen on the machine's loopback interface alone, which the host cannot reach:
// an upgrade of GET /forward?port=N becomes such a connection. For the host only, bounded in number, and
// never to the guest's own port.

namespace sandbar::guest {

class Forwarder {
 public:
  Task<void> serve(http::Exchange& exchange);

 private:
  int open_ = 0;
};

}  // namespace sandbar::guest
