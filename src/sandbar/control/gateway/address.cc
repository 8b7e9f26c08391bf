// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/gateway/address.h"

#include <arpa/inet.h>

#include <algorithm>

#include "sandbar/base/strings.h"
#include "sandbar/base/try.h"

namespace sandbar::control::gateway {
namespace {

constexpr std::string_view kIdHeader = "E2b-Sandbox-Id", kPortHeader = "E2b-Sandbox-Port";

// "Name.Example:8080" to "name.example"; "[::1]:8080" to "::1".
std::string host_name(std::string_view host) {
  if (host.starts_with('[')) return to_lower(host.substr(1, host.find(']') - 1));
  return to_lower(host.substr(0, host.find(':')));
}

bool is_ip_address(const std::string& host) {
  unsigned char bytes[16];
  return inet_pton(AF_INET, host.c_str(), bytes) == 1 || inet_pton(AF_INET6, host.c_str(), bytes) == 1;
}

bool is_shared_host(const std::string& host) {
  return host == "localhost" || host.starts_with("sandbox.") || is_ip_address(host);
}

bool has_routing_headers(const http::RequestHead& request) {
  return request.headers.has(kIdHeader) || request.headers.has(kPortHeader);
}

// The one label in front of the domain, or nothing.
std::optional<std::string> label_of(const std::string& host, std::string_view domain) {
  if (host.size() <= domain.size() + 1 || !host.ends_with(domain)) return std::nullopt;
  auto label = host.substr(0, host.size() - domain.size() - 1);
  if (host[label.size()] != '.' || label.contains('.') || !label.contains('-')) return std::nullopt;
  return label;
}

bool is_lower_alphanumeric(std::string_view text) {
  return !text.empty() &&
         std::ranges::all_of(text, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); });
}

std::optional<SandboxId> id_of_hex(std::string_view hex) {
  if (hex.size() != 32) return std::nullopt;
  std::string uuid(hex);
  for (std::size_t at : {20u, 16u, 12u, 8u}) uuid.insert(at, "-");
  auto id = Uuid::parse(uuid);
  return id ? std::optional(SandboxId(*id)) : std::nullopt;
}

Result<Address> parse_name(std::string_view name) {
  Address address{.name = std::string(name)};
  if (auto id = SandboxId::parse(name)) return address.id = *id, address;
  if (auto uuid = Uuid::parse(name)) return address.id = SandboxId(*uuid), address;
  auto short_name = name.substr(0, name.find('-'));  // older clients add "-{client}"
  if (!is_lower_alphanumeric(short_name)) return fail(invalid_request("Invalid sandbox ID"));
  address.name = short_name;
  address.id = id_of_hex(short_name);
  return address;
}

Result<Address> parse(std::string_view name, std::string_view port) {
  TRY(auto address, parse_name(name));
  auto number = port.size() <= 5 ? parse_int(port) : std::nullopt;
  if (!number || *number < 1 || *number > 65535) return fail(invalid_request("Invalid sandbox port"));
  address.port = static_cast<std::uint16_t>(*number);
  return address;
}

}  // namespace

bool is_traffic(const http::RequestHead& request, std::string_view domain) {
  auto host = host_name(request.headers.get("Host"));
  if (is_shared_host(host)) return has_routing_headers(request);
  return label_of(host, domain).has_value();
}

Result<Address> address_of(const http::RequestHead& request, std::string_view domain) {
  auto host = host_name(request.headers.get("Host"));
  if (is_shared_host(host)) {
    for (auto header : {kIdHeader, kPortHeader})
      if (!request.headers.has(header)) return fail(invalid_request("missing header " + std::string(header)));
    return parse(request.headers.get(kIdHeader), request.headers.get(kPortHeader));
  }
  auto label = label_of(host, domain);
  if (!label) return fail(invalid_request("Invalid host"));
  auto dash = label->find('-');
  return parse(std::string_view(*label).substr(dash + 1), std::string_view(*label).substr(0, dash));
}

}  // namespace sandbar::control::gateway
