// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/gateway/credentials.h"

#include <utility>

#include "sandbar/base/strings.h"
#include "sandbar/control/access/service.h"
#include "sandbar/model/limits.h"

namespace sandbar::control::gateway {
namespace {

constexpr std::string_view kBearer = "bearer ";
constexpr std::string_view kCookie = "sandbar_link", kSecureCookie = "__Host-sandbar_link";

std::optional<std::string> take_header(http::Headers& headers, std::string_view name) {
  if (!headers.has(name)) return std::nullopt;
  std::string value(headers.get(name));
  headers.remove(name);
  return value;
}

void take_api_key(http::Headers& headers, Credentials& out) {
  if (!access::secret_of_api_key(headers.get("X-API-Key"))) return;
  out.api_key = take_header(headers, "X-API-Key");
}

void take_bearer(http::Headers& headers, const access::Tokens& tokens, Credentials& out) {
  auto value = headers.get("Authorization");
  if (!equals_ignore_case(value.substr(0, kBearer.size()), kBearer)) return;
  std::string token(trim(value.substr(kBearer.size())));
  bool is_key = access::secret_of_api_key(token).has_value();
  if (!is_key && !tokens.read_user(token)) return;
  headers.remove("Authorization");
  (is_key ? out.api_key : out.user_token) = std::move(token);
}

// Removes the parameter, and keeps every other byte of the target.
void take_link(http::RequestHead& head, Credentials& out) {
  auto mark = head.target.find('?');
  if (mark == head.target.npos || !head.target.contains(kLinkParameter)) return;
  std::string kept;
  std::string_view separator = "?";
  for (auto pair : split(std::string_view(head.target).substr(mark + 1), '&')) {
    auto equals = pair.find('=');
    if (equals != pair.npos && pair.substr(0, equals) == kLinkParameter) {
      out.link = percent_decode(pair.substr(equals + 1)).value_or("");
    } else {
      kept.append(std::exchange(separator, "&")).append(pair);
    }
  }
  if (!out.link) return;
  head.target.replace(mark, head.target.npos, kept);
}

// One Cookie field may hold many; only ours goes.
void take_cookie(http::Headers& headers, Credentials& out) {
  http::Headers kept;
  for (const auto& [name, value] : headers.entries()) {
    if (!equals_ignore_case(name, "Cookie")) {
      kept.add(name, value);
      continue;
    }
    std::string rest;
    for (auto piece : split(value, ';')) {
      auto pair = trim(piece);
      auto key = trim(pair.substr(0, pair.find('=')));
      if (key == kCookie || key == kSecureCookie) {
        out.link_cookie = std::string(pair.substr(std::min(pair.size(), pair.find('=') + 1)));
      } else if (!pair.empty()) {
        rest.append(rest.empty() ? "" : "; ").append(pair);
      }
    }
    if (!rest.empty()) kept.add(name, rest);
  }
  if (out.link_cookie) headers = std::move(kept);
}

}  // namespace

std::string cookie_name(bool secure) { return std::string(secure ? kSecureCookie : kCookie); }

Credentials take_credentials(http::RequestHead& head, const Address& address, const access::Tokens& tokens,
                             std::string_view guest_token) {
  Credentials out;
  take_api_key(head.headers, out);
  take_bearer(head.headers, tokens, out);
  out.traffic_token = take_header(head.headers, kTrafficHeader);
  take_link(head, out);
  take_cookie(head.headers, out);
  if (head.headers.get("Referer").contains(kLinkParameter)) head.headers.remove("Referer");
  auto token = head.headers.get("X-Access-Token");
  if (!token.empty() && access::equal_secrets(token, guest_token)) out.guest_token = std::string(token);
  if (out.guest_token && address.port != limits::kGuestPort) head.headers.remove("X-Access-Token");
  return out;
}

}  // namespace sandbar::control::gateway
