// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/hosts/address.h"

#include <algorithm>
#include <array>
#include <boost/asio/ip/address.hpp>

#include "sandbar/base/strings.h"
#include "sandbar/model/tunnel.h"

namespace sandbar::control::hosts {
namespace {

namespace ip = boost::asio::ip;

Error bad(std::string why) { return invalid_request("address " + why, {{"address", why}}); }

bool is_name(std::string_view text) {
  auto fits = [](char c) {
    return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '-' || c == '.';
  };
  return !text.empty() && text.size() <= 253 && text.front() != '-' && text.front() != '.' &&
         std::ranges::all_of(text, fits);
}

constexpr std::string_view kNotPublic[] = {
    "0.0.0.0/8",      "10.0.0.0/8",   "100.64.0.0/10",  "127.0.0.0/8",    "169.254.0.0/16", "172.16.0.0/12",
    "192.0.0.0/24",   "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15",  "198.51.100.0/24",
    "203.0.113.0/24", "224.0.0.0/4",  "240.0.0.0/4",    "::/96",          "64:ff9b::/96",   "64:ff9b:1::/48",
    "100::/64",       "2001::/23",    "2001:db8::/32",  "2002::/16",      "fc00::/7",       "fe80::/10",
    "fec0::/10",      "ff00::/8"};

// The form in which a connection would be made.
ip::address plain(ip::address address) {
  if (address.is_v6() && address.to_v6().is_v4_mapped())
    return ip::make_address_v4(ip::v4_mapped, address.to_v6());
  return address;
}

template <std::size_t N>
bool same_prefix(const std::array<unsigned char, N>& a, const std::array<unsigned char, N>& b, int prefix) {
  for (std::size_t i = 0; i < N && prefix > 0; ++i, prefix -= 8) {
    auto mask = prefix >= 8 ? 0xff : 0xff << (8 - prefix) & 0xff;
    if ((a[i] & mask) != (b[i] & mask)) return false;
  }
  return true;
}

bool is_in(const ip::address& address, const Network& network) {
  if (address.is_v4() != network.address.is_v4()) return false;
  if (address.is_v4())
    return same_prefix(address.to_v4().to_bytes(), network.address.to_v4().to_bytes(), network.prefix);
  return same_prefix(address.to_v6().to_bytes(), network.address.to_v6().to_bytes(), network.prefix);
}

bool is_public(const ip::address& address) {
  return std::ranges::none_of(kNotPublic, [&](auto text) { return is_in(address, *parse_network(text)); });
}

}  // namespace

Result<Network> parse_network(std::string_view text) {
  auto slash = text.find('/');
  boost::system::error_code error;
  auto address = ip::make_address(std::string(text.substr(0, slash)), error);
  int longest = address.is_v4() ? 32 : 128;
  auto prefix = slash == text.npos ? longest : parse_int(text.substr(slash + 1)).value_or(-1);
  if (error || prefix < 0 || prefix > longest)
    return fail(invalid_request(fmt::format("'{}' is not a network such as 10.20.0.0/16", text)));
  return Network{address, static_cast<int>(prefix)};
}

Result<void> check_address(const std::string& text, HostType type, const std::vector<Network>& allowed) {
  if (text == kTunnelAddress) return {};
  auto colon = text.rfind(':');
  if (colon == text.npos) return fail(bad("must be host:port, or tunnel"));
  auto port = parse_int(std::string_view(text).substr(colon + 1));
  if (!port || *port < 1 || *port > 65535) return fail(bad("has no valid port"));
  auto host = text.substr(0, colon);
  bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  boost::system::error_code error;
  auto address = ip::make_address(host, error);
  if (error && (bracketed || !is_name(host))) return fail(bad("has no valid host"));
  if (!error && address.is_v6() != bracketed) return fail(bad("must have an IPv6 address in brackets"));
  if (type == HostType::regular) return {};
  if (error) return fail(bad("of a team's own host must be an IP address"));
  address = plain(address);
  bool is_allowed =
      std::ranges::any_of(allowed, [&](const auto& network) { return is_in(address, network); });
  if (is_allowed || is_public(address)) return {};
  return fail(
      bad("of a team's own host must be a public one; without an address the agent connects by itself"));
}

}  // namespace sandbar::control::hosts
