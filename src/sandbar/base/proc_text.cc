// SPDX-License-Identifier: Apache-2.0
#include "sandbar/base/proc_text.h"

#include "sandbar/base/strings.h"
#include "sandbar/base/units.h"

namespace sandbar {

std::optional<std::uint64_t> bytes_of_line(std::string_view text, std::string_view name) {
  for (auto line : split(text, '\n')) {
    if (!line.starts_with(name)) continue;
    auto value = trim(line.substr(name.size()));
    auto kib = parse_int(value.substr(0, value.find(' ')));
    if (!kib || *kib < 0) return std::nullopt;
    return static_cast<std::uint64_t>(*kib) * kKib;
  }
  return std::nullopt;
}

}  // namespace sandbar
