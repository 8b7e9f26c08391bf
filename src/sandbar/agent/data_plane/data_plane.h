// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/agent/data_plane/target.h"
#include "sandbar/agent/manager.h"
#include "sandbar/http/server.h"

// Traffic into sandboxes: any request for "/sandboxes/{id}/{port}/…" is forwarded to that port, streaming
// both ways at once, upgrades included. An open request holds the sandbox's idle timer. When the sandbox is
// paused or ends, its requests are broken off without a proper end, so that nobody takes half an answer for a
// whole one. Refusals are {"sandboxId","message","code"[,"port"]} (E2B.md section 4), marked with the header
// Sandbar-Refusal, which an answer from inside a sandbox never carries.

namespace sandbar::agent {

class DataPlane {
 public:
  // `max_visits`: open requests to the ports of one sandbox, its guest program's not counted.
  explicit DataPlane(const Manager& manager, int max_visits = 1000)
      : manager_(manager), max_visits_(max_visits) {}

  static bool handles(std::string_view path) { return path.starts_with("/sandboxes/"); }
  Task<void> serve(http::Exchange& exchange);

 private:
  const Manager& manager_;
  int max_visits_;
};

}  // namespace sandbar::agent
