// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/access/types.h"
#include "sandbar/control/hosts/types.h"

// Who may do what with hosts: platform admins everything; a team's members see its own hosts, its owner and
// admins manage them, and so do API keys that were made for hosts. What somebody may not see does not exist
// for him.

namespace sandbar::control::hosts {

bool can_see(const access::Actor& actor, const Host& host);
// not_found or forbidden.
Result<void> check_manage(const access::Actor& actor, const Host& host);

}  // namespace sandbar::control::hosts
