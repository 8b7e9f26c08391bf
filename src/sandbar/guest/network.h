// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/base/result.h"

namespace sandbar::guest {

// lo, eth0 (169.254.0.21/30) and the default route by the host's end of the link (169.254.0.22), by ioctl:
// there may be no tools in the sandbox. Every sandbox has the same addresses; the host keeps them apart.
Result<void> bring_up_network();

}  // namespace sandbar::guest
