// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/placement/types.h"

namespace sandbar::control::placement {

// A pure function over what is known of the hosts, in a stable order; nothing if none can take the sandbox.
// A host that has not told its memory yet is not limited by it.
const Candidate* choose_host(const std::vector<Candidate>& candidates, const Request& request,
                             const Policy& policy);

}  // namespace sandbar::control::placement
