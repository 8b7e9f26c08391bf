// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace sandbar::control {

inline constexpr std::string_view kVersion = "0.1.0";  // project(VERSION) in CMakeLists.txt

}  // namespace sandbar::control
