// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sandbar/base/result.h"

namespace sandbar::cli {

// The address to listen on: `address`, which must be free; when it is empty, `port` of the loopback
// interface, or a free port there when that one is taken.
Result<std::string> settle_address(const std::string& address, std::uint16_t port, std::string_view option);

}  // namespace sandbar::cli
