// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/placement/types.h"
#include "sandbar/pg/database.h"

// Chooses the hosts of new sandboxes. Called in the transaction that inserts the sandboxes' rows (or gives
// one another host): the choice locks the host's load until that transaction ends, and the row's insertion
// counts it, so choice and reservation are one step. The hosts are read anew each time. Placements wait for
// each other only where all hosts that fit are being placed on.

namespace sandbar::control::placement {

// no_hosts_available if no online host that the team may use can take it.
Task<Result<Candidate>> place(pg::Transaction& tx, Request request, Policy policy);

// The same for several, from those hosts alone that hold the template and are free at this moment: it never
// waits. Nothing for those that found none: each of them is placed by itself, in a transaction of its own.
Task<Result<std::vector<std::optional<Candidate>>>> place_at_once(pg::Transaction& tx,
                                                                  std::vector<Request> requests,
                                                                  Policy policy);

// To be called after every kVacuumAfter placements or so: keeps the choice as fast as it was.
inline constexpr int kVacuumAfter = 500;
Task<Result<void>> vacuum(pg::Session& session);

}  // namespace sandbar::control::placement
