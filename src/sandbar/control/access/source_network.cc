// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/access/source_network.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>

namespace sandbar::control::access {

std::string source_network(const std::string& address) {
  in6_addr parsed{};
  if (::inet_pton(AF_INET6, address.c_str(), &parsed) != 1) return address;
  const auto* bytes = parsed.s6_addr;
  if (IN6_IS_ADDR_V4MAPPED(&parsed))
    return fmt::format("{}.{}.{}.{}", bytes[12], bytes[13], bytes[14], bytes[15]);
  std::fill(parsed.s6_addr + 8, parsed.s6_addr + 16, 0);
  char text[INET6_ADDRSTRLEN];
  return fmt::format("{}/64", ::inet_ntop(AF_INET6, &parsed, text, sizeof text));
}

}  // namespace sandbar::control::access
