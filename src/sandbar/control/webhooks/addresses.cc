// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/webhooks/addresses.h"

#include <algorithm>
#include <boost/asio/ip/address.hpp>

#include "sandbar/base/strings.h"
#include "sandbar/base/try.h"

namespace sandbar::control::webhooks {
namespace {

namespace ip = boost::asio::ip;

constexpr std::size_t kMaxUrl = 2048;

// Everything of IPv4 that is not the public internet (IANA's special-purpose registry), and all of IPv6 but
// global unicast, from which documentation, tunnels and protocol assignments are taken out: the addresses
// inside 6to4, Teredo and NAT64 ones could be anybody's.
constexpr std::string_view kRefused[] = {
    "0.0.0.0/8",     "10.0.0.0/8",      "100.64.0.0/10",  "127.0.0.0/8",    "169.254.0.0/16",
    "172.16.0.0/12", "192.0.0.0/24",    "192.0.2.0/24",   "192.88.99.0/24", "192.168.0.0/16",
    "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4",    "240.0.0.0/4",
    "2001::/23",     "2001:db8::/32",   "2002::/16",      "3fff::/20"};
constexpr std::string_view kGlobal[] = {"::ffff:0:0/96", "2000::/3"};

using Bytes = std::array<std::uint8_t, 16>;

std::optional<Bytes> bytes_of(std::string_view text) {
  boost::system::error_code error;
  auto address = ip::make_address(std::string(text), error);
  if (error) return std::nullopt;
  if (address.is_v6()) return address.to_v6().to_bytes();
  return ip::make_address_v6(ip::v4_mapped, address.to_v4()).to_bytes();
}

bool any_contains(const std::vector<Cidr>& ranges, const Bytes& address) {
  return std::ranges::any_of(ranges, [&](const Cidr& range) { return range.contains(address); });
}

Error bad_url(std::string why) { return invalid_request("url " + why, {{"url", why}}); }

bool is_name(std::string_view text) {
  auto fits = [](char c) {
    return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '-' || c == '.' || c == '_';
  };
  return !text.empty() && text.size() <= 253 && text.front() != '-' && text.front() != '.' &&
         std::ranges::all_of(text, fits);
}

Result<void> read_authority(Url& url) {
  std::string_view text = url.authority;
  bool bracketed = text.starts_with('[');
  auto end = bracketed ? text.find(']') : std::min(text.find(':'), text.size());
  if (end == text.npos) return fail(bad_url("has no valid host"));
  url.host = text.substr(bracketed ? 1 : 0, end - (bracketed ? 1 : 0));
  text.remove_prefix(bracketed ? end + 1 : end);
  if (bracketed ? !url.host.contains(':') || !bytes_of(url.host) : !is_name(url.host))
    return fail(bad_url("has no valid host"));
  if (text.empty()) return {};
  auto port = text.starts_with(':') ? parse_int(text.substr(1)) : std::nullopt;
  if (!port || *port < 1 || *port > 65535) return fail(bad_url("has no valid port"));
  url.port = static_cast<std::uint16_t>(*port);
  return {};
}

}  // namespace

Result<Url> parse_url(const std::string& text, bool allow_http) {
  if (text.size() > kMaxUrl) return fail(bad_url("is too long"));
  auto is_odd = [](char c) {
    return c <= ' ' || c > '~' || c == '\\' || c == '"' || c == '<' || c == '>' || c == '#';
  };
  if (std::ranges::any_of(text, is_odd)) return fail(bad_url("has characters that do not belong there"));
  Url url;
  url.is_secure = to_lower(text.substr(0, 8)) == "https://";
  if (!url.is_secure && to_lower(text.substr(0, 7)) != "http://")
    return fail(bad_url("must begin with https://"));
  if (!url.is_secure && !allow_http) return fail(bad_url("must begin with https://"));
  if (!url.is_secure) url.port = 80;
  auto rest = text.substr(url.is_secure ? 8 : 7);
  auto end = std::min(rest.find_first_of("/?"), rest.size());
  url.authority = rest.substr(0, end);
  url.target = rest.substr(end);
  if (!url.target.starts_with('/')) url.target = "/" + url.target;
  if (url.authority.contains('@')) return fail(bad_url("must not have a user"));
  TRY_VOID(read_authority(url));
  return url;
}

Result<Cidr> Cidr::parse(std::string_view text) {
  auto slash = std::min(text.find('/'), text.size());
  auto bytes = bytes_of(text.substr(0, slash));
  bool is_v4 = text.substr(0, slash).find(':') == text.npos;
  int width = is_v4 ? 32 : 128;
  auto bits = slash == text.size() ? std::optional<std::int64_t>(width) : parse_int(text.substr(slash + 1));
  if (!bytes || !bits || *bits < 0 || *bits > width)
    return fail(invalid_request("not a range of addresses: " + std::string(text)));
  return Cidr{*bytes, static_cast<int>(*bits) + 128 - width};
}

bool Cidr::contains(const std::array<std::uint8_t, 16>& address) const {
  for (int i = 0; i < bits; ++i) {
    auto byte = static_cast<std::size_t>(i / 8);
    auto mask = static_cast<std::uint8_t>(0x80 >> (i % 8));
    if ((bytes[byte] & mask) != (address[byte] & mask)) return false;
  }
  return true;
}

Result<EgressPolicy> EgressPolicy::create(const std::vector<std::string>& allowed_cidrs) {
  EgressPolicy policy;
  for (auto text : kRefused) policy.refused_.push_back(*Cidr::parse(text));
  for (const auto& text : allowed_cidrs) {
    TRY(auto range, Cidr::parse(text));
    policy.allowed_.push_back(range);
  }
  return policy;
}

bool EgressPolicy::permits(std::string_view address) const {
  static const std::vector<Cidr> global{*Cidr::parse(kGlobal[0]), *Cidr::parse(kGlobal[1])};
  auto bytes = bytes_of(address);
  if (!bytes) return false;
  if (any_contains(allowed_, *bytes)) return true;
  return any_contains(global, *bytes) && !any_contains(refused_, *bytes);
}

}  // namespace sandbar::control::webhooks
