// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/access/types.h"

#include <fmt/format.h>

namespace sandbar::control::access {

std::string Actor::label() const {
  if (host) return fmt::format("host {}", *host);
  return id.empty() ? std::string() : fmt::format("{} {}", enum_name(type), id);
}

}  // namespace sandbar::control::access
