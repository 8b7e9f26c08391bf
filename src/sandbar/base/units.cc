// SPDX-License-Identifier: Apache-2.0
#include "sandbar/base/units.h"

#include <fmt/format.h>

#include <charconv>
#include <limits>
#include <span>

namespace sandbar {
namespace {

struct Unit {
  std::string_view suffix;
  std::uint64_t factor;
};

Result<std::uint64_t> parse_with(std::string_view text, std::span<const Unit> units, std::string_view what) {
  std::uint64_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  std::string_view suffix(end, static_cast<std::size_t>(text.data() + text.size() - end));
  if (error == std::errc{} && end != text.data())
    for (const auto& unit : units)
      if (unit.suffix == suffix && number <= std::numeric_limits<std::int64_t>::max() / unit.factor)
        return number * unit.factor;
  return fail(invalid_request(fmt::format("'{}' is not a {}", text, what)));
}

}  // namespace

Result<std::chrono::milliseconds> parse_duration(std::string_view text) {
  static constexpr Unit kUnits[] = {
      {"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}};
  auto value = parse_with(text, kUnits, "duration such as 30s, 250ms, 2h or 7d");
  if (!value) return fail(std::move(value).error());
  return std::chrono::milliseconds(static_cast<std::int64_t>(*value));
}

Result<std::uint64_t> parse_size(std::string_view text) {
  static constexpr Unit kUnits[] = {{"", 1}, {"B", 1}, {"KiB", kKib}, {"MiB", kMib}, {"GiB", kGib}};
  return parse_with(text, kUnits, "size such as 512MiB or 20GiB");
}

}  // namespace sandbar
