// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include "sandbar/base/result.h"

// Sizes and times as people write them in settings: "30s", "250ms", "2h", "7d"; "512MiB", "20GiB", "64KiB",
// "100".

namespace sandbar {

inline constexpr std::uint64_t kKib = 1024, kMib = 1024 * kKib, kGib = 1024 * kMib;

Result<std::chrono::milliseconds> parse_duration(std::string_view text);
Result<std::uint64_t> parse_size(std::string_view text);

}  // namespace sandbar
