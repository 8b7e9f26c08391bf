// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sandbar/base/result.h"

namespace sandbar::agent {

// A range of IPv4 addresses; host byte order, bits beyond the prefix are zero.
struct Cidr {
  std::uint32_t address = 0;
  int bits = 32;

  std::string str() const;
  bool overlaps(const Cidr& other) const;
  bool operator==(const Cidr&) const = default;
};

// "10.0.0.0/8", or an address alone. Whatever this accepts is safe to print into a ruleset.
Result<Cidr> parse_cidr(std::string_view text);
// Of a team's list: IPv6 ranges are checked and left out, since sandboxes have no IPv6.
Result<std::vector<Cidr>> parse_cidrs(const std::vector<std::string>& texts);
std::string ipv4(std::uint32_t address);

}  // namespace sandbar::agent
