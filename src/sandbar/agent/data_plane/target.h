// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sandbar/base/id.h"
#include "sandbar/http/message.h"

// Where a data-plane request goes, and which of its headers go along.

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

// Without the fields that concern one connection only; an upgrade keeps the two that make it one.
http::Headers end_to_end(const http::Headers& headers);
bool is_upgrade(const http::Headers& headers);

}  // namespace sandbar::agent
