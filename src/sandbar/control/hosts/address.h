// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/ip/address.hpp>
#include <string>
#include <vector>

#include "sandbar/base/result.h"
#include "sandbar/model/host_state.h"

namespace sandbar::control::hosts {

// A network in which teams' own hosts may be although it is not a public one.
struct Network {
  boost::asio::ip::address address;
  int prefix = 0;
};
// "10.20.0.0/16", "fd00::/8", or a single address.
Result<Network> parse_network(std::string_view text);

// Checks "host:port" or "[v6]:port" as an agent proposes it, or "tunnel"; control will connect to it. A
// team's own host must give a public IP address, or one in `allowed`: else a team could make control knock at
// doors of its own network.
Result<void> check_address(const std::string& address, HostType type, const std::vector<Network>& allowed);

}  // namespace sandbar::control::hosts
