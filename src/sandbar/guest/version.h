// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace sandbar::guest {

inline constexpr std::string_view kVersion = "0.1.0";
// The version of the guest protocol that clients test for features.
inline constexpr std::string_view kProtocolVersion = "0.6.13";

}  // namespace sandbar::guest
