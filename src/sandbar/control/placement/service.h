// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/placement/types.h"
#include "sandbar/pg/database.h"

// Chooses the host of a new sandbox. Called in the transaction that inserts the sandbox's row (or gives it
// another host): the choice locks the host's load until that transaction ends, and the row's insertion counts
// it, so choice and reservation are one step. The hosts are read anew each time. Placements wait for each
// other only where all hosts that fit are being placed on.

namespace sandbar::control::placement {

// no_hosts_available if no online host that the team may use can take it.
Task<Result<Candidate>> place(pg::Transaction& tx, Request request, Policy policy);

}  // namespace sandbar::control::placement
