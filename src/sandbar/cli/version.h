// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace sandbar::cli {

inline constexpr std::string_view kVersion = SANDBAR_VERSION;

}  // namespace sandbar::cli
