// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/placement/types.h"
#include "sandbar/pg/database.h"

// Chooses the host of a new sandbox. Called in the transaction that inserts the sandbox's row, so that choice
// and reservation are one step; the hosts are read anew each time.

namespace sandbar::control::placement {

// no_hosts_available if no online host that the team may use can take it.
Task<Result<Candidate>> place(pg::Transaction& tx, Request request, Policy policy);

}  // namespace sandbar::control::placement
