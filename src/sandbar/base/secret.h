// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <string>

// A string that must never reach a log or an error message: printing it gives "***".

namespace sandbar {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}
  const std::string& reveal() const { return value_; }
  bool empty() const { return value_.empty(); }

 private:
  std::string value_;
};

}  // namespace sandbar

template <>
struct fmt::formatter<sandbar::Secret> : fmt::formatter<std::string_view> {
  auto format(const sandbar::Secret&, fmt::format_context& ctx) const {
    return fmt::format_to(ctx.out(), "***");
  }
};
