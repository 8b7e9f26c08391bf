// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "sandbar/control/agents/types.h"

namespace sandbar::control::metrics {

// The ranges that can be asked for, as they are spelled.
inline constexpr std::pair<std::string_view, std::chrono::minutes> kRanges[] = {
    {"5m", std::chrono::minutes(5)}, {"10m", std::chrono::minutes(10)}, {"1h", std::chrono::hours(1)},
    {"2h", std::chrono::hours(2)},   {"6h", std::chrono::hours(6)},     {"12h", std::chrono::hours(12)},
    {"24h", std::chrono::hours(24)},
};

constexpr std::optional<std::chrono::minutes> find_range(std::string_view name) {
  for (const auto& [spelled, length] : kRanges)
    if (spelled == name) return length;
  return std::nullopt;
}

}  // namespace sandbar::control::metrics
