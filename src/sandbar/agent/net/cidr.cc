// SPDX-License-Identifier: Apache-2.0
#include "sandbar/agent/net/cidr.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>

#include "sandbar/base/strings.h"
#include "sandbar/base/try.h"

namespace sandbar::agent {
namespace {

std::uint32_t mask(int bits) { return bits == 0 ? 0 : ~0U << (32 - bits); }

struct Parts {
  std::string address;
  int bits = -1;  // -1 = none given
};

Result<Parts> take_apart(std::string_view text) {
  auto slash = text.find('/');
  Parts parts{std::string(text.substr(0, slash))};
  if (slash == std::string_view::npos) return parts;
  auto digits = text.substr(slash + 1);
  auto bits = parse_int(digits);
  if (!bits || *bits < 0 || *bits > 128 || digits.front() == '+')
    return fail(
        invalid_request(fmt::format("\"{}\" is not an address range", to_valid_utf8(text.substr(0, 64)))));
  parts.bits = static_cast<int>(*bits);
  return parts;
}

bool is_ipv6(const Parts& parts) {
  in6_addr ignored{};
  return ::inet_pton(AF_INET6, parts.address.c_str(), &ignored) == 1;
}

}  // namespace

std::string ipv4(std::uint32_t address) {
  return fmt::format("{}.{}.{}.{}", address >> 24, (address >> 16) & 255, (address >> 8) & 255,
                     address & 255);
}

std::string Cidr::str() const { return fmt::format("{}/{}", ipv4(address), bits); }

bool Cidr::overlaps(const Cidr& other) const {
  auto shorter = mask(std::min(bits, other.bits));
  return (address & shorter) == (other.address & shorter);
}

Result<Cidr> parse_cidr(std::string_view text) {
  TRY(auto parts, take_apart(text));
  in_addr address{};
  int bits = parts.bits < 0 ? 32 : parts.bits;
  if (bits > 32 || ::inet_pton(AF_INET, parts.address.c_str(), &address) != 1)
    return fail(invalid_request(
        fmt::format("\"{}\" is not an IPv4 address range", to_valid_utf8(text.substr(0, 64)))));
  return Cidr{ntohl(address.s_addr) & mask(bits), bits};
}

Result<std::vector<Cidr>> parse_cidrs(const std::vector<std::string>& texts) {
  std::vector<Cidr> out;
  for (const auto& text : texts) {
    TRY(auto parts, take_apart(text));
    if (is_ipv6(parts)) continue;
    TRY(auto cidr, parse_cidr(text));
    out.push_back(cidr);
  }
  return out;
}

}  // namespace sandbar::agent
