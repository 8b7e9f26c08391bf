// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

// What control and agents that dial out agree on (docs/adr/0021-agents-that-dial-out.md).

namespace sandbar {

// The address of a host whose agent keeps connections to control open.
inline constexpr std::string_view kTunnelAddress = "tunnel";
// What such a connection is upgraded to.
inline constexpr std::string_view kTunnelProtocol = "sandbar-tunnel";
// Headers of the answer to a heartbeat: where each process of control is, and whether control reaches the
// agent.
inline constexpr std::string_view kTunnelsHeader = "Sandbar-Tunnels", kReachedHeader = "Sandbar-Reached";

}  // namespace sandbar
