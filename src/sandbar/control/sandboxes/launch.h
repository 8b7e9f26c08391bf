// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/access/secrets.h"
#include "sandbar/control/access/types.h"
#include "sandbar/control/placement/types.h"
#include "sandbar/control/sandboxes/types.h"
#include "sandbar/control/templates/types.h"

namespace sandbar::control::sandboxes {

// A sandbox on its way from wish to running: its row, what its agent is told, and where it may go.
struct Launch {
  access::Actor actor;
  Sandbox row;
  agents::AgentSandboxSpec spec;
  placement::Request request;
  agents::AgentAddress host = {};
  bool host_holds_template = true;

  void move_to(const placement::Candidate& chosen);
};

// invalid_state for a template that nothing can start from. A snapshot's memory image has its own sizes,
// which override what was asked for.
Result<Launch> plan(access::Actor actor, NewSandbox wanted, const templates::Template& from,
                    const access::Keys& keys);

}  // namespace sandbar::control::sandboxes
