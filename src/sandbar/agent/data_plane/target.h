// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sandbar/base/id.h"
#include "sandbar/base/result.h"

// Where a data-plane request goes.

namespace sandbar::agent {

struct Target {
  SandboxId id;
  std::uint16_t port = 0;
  std::string rest;  // what the sandbox sees: path and query, always with a leading slash
};

// "/sandboxes/sb-…/8000/a/b?q" into sandbox, port and "/a/b?q".
Result<Target> parse_target(std::string_view target);

// Routes of the guest program that belong to the agent alone, however their path is spelled.
bool is_control_route(const Target& target);

}  // namespace sandbar::agent
