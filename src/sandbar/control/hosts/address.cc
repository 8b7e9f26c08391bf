// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/hosts/address.h"

#include <algorithm>
#include <boost/asio/ip/address.hpp>

#include "sandbar/base/strings.h"

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

bool is_local(ip::address address) {
  if (address.is_v6() && address.to_v6().is_v4_mapped())
    address = ip::make_address_v4(ip::v4_mapped, address.to_v6());
  if (address.is_loopback() || address.is_multicast() || address.is_unspecified()) return true;
  if (address.is_v6()) return address.to_v6().is_link_local();
  auto bytes = address.to_v4().to_bytes();
  return bytes[0] == 0 || bytes[0] == 127 || (bytes[0] == 169 && bytes[1] == 254) || bytes[0] >= 240;
}

}  // namespace

Result<void> check_address(const std::string& text, HostType type) {
  auto colon = text.rfind(':');
  if (colon == text.npos) return fail(bad("must be host:port"));
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
  if (is_local(address)) return fail(bad("of a team's own host must not be a local one"));
  return {};
}

}  // namespace sandbar::control::hosts
