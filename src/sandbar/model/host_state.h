// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/describe/enum.hpp>

namespace sandbar {

enum class HostState {
  pending,      // created, its agent has not registered
  online,       // heartbeats arrive
  unreachable,  // silent for longer than the limit
  draining,     // takes no new sandboxes
};
BOOST_DESCRIBE_ENUM(HostState, pending, online, unreachable, draining)

enum class HostType { regular, byoc };
BOOST_DESCRIBE_ENUM(HostType, regular, byoc)

}  // namespace sandbar
