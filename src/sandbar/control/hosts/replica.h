// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/agents/tunnels.h"
#include "sandbar/pg/database.h"

// This process as agents that dial out know it: while it runs it says so in the database, with the address
// under which they reach exactly this one.

namespace sandbar::control::hosts {

class Replica {
 public:
  // Without an address nothing is said, and agents use the one that they were registered with.
  Replica(pg::Database& database, agents::Tunnels& tunnels, std::string tunnel_url,
          std::chrono::milliseconds period)
      : database_(database), tunnels_(tunnels), tunnel_url_(std::move(tunnel_url)), period_(period) {}

  Task<void> run();
  // From now on agents are not sent here any more.
  Task<void> leave();

 private:
  pg::Database& database_;
  agents::Tunnels& tunnels_;
  std::string tunnel_url_;
  std::chrono::milliseconds period_;
  Uuid id_ = Uuid::random();
};

}  // namespace sandbar::control::hosts
