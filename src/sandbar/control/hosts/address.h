// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "sandbar/base/result.h"
#include "sandbar/model/host_state.h"

namespace sandbar::control::hosts {

// Checks "host:port" or "[v6]:port" as an agent proposes it; control will connect to it. A team's own host
// must give an address that cannot mean control's own machine or network link: no names, no loopback,
// link-local, multicast or zero.
Result<void> check_address(const std::string& address, HostType type);

}  // namespace sandbar::control::hosts
