// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/gateway/forwarded.h"

#include <fmt/format.h>

namespace sandbar::control::gateway {
namespace {

std::string address_only(std::string peer) {
  if (auto colon = peer.rfind(':'); colon != peer.npos) peer.resize(colon);
  if (peer.starts_with('[')) peer = peer.substr(1, peer.size() - 2);
  return peer;
}

std::string forwarded_field(const std::string& peer, std::string_view scheme, std::string_view host) {
  auto node = peer.contains(':') ? fmt::format("\"[{}]\"", peer) : peer;
  auto field = fmt::format("for={};proto={}", node, scheme);
  if (host.find_first_of("\"\\") == host.npos) field += fmt::format(";host=\"{}\"", host);
  return field;
}

void extend(http::Headers& headers, std::string_view name, const std::string& value) {
  std::string before(headers.get(name));
  headers.set(name, before.empty() ? value : before + ", " + value);
}

}  // namespace

void add_forwarded(http::Headers& headers, const Way& way) {
  auto peer = address_only(way.peer);
  std::string host(headers.get("Host"));
  std::string_view scheme = way.is_secure ? "https" : "http";
  for (auto name : {"X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-Port",
                    "X-Real-IP", "Forwarded"})
    if (!way.is_from_a_proxy) headers.remove(name);
  extend(headers, "X-Forwarded-For", peer);
  extend(headers, "Forwarded", forwarded_field(peer, scheme, host));
  if (!headers.has("X-Forwarded-Proto")) headers.set("X-Forwarded-Proto", scheme);
  if (!headers.has("X-Forwarded-Host")) headers.set("X-Forwarded-Host", host);
}

std::string host_of_mask(std::string mask, int port) {
  constexpr std::string_view kHole = "${PORT}";
  if (auto at = mask.find(kHole); at != mask.npos) mask.replace(at, kHole.size(), std::to_string(port));
  return mask;
}

}  // namespace sandbar::control::gateway
