// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "sandbar/control/access/tokens.h"
#include "sandbar/control/gateway/address.h"

// What of a request lets it in, taken out of it: what a sandbox sees must never hold a key to anything. A
// header of the same name that is none of ours (somebody's own X-API-Key) belongs to the service in the
// sandbox and stays.

namespace sandbar::control::gateway {

inline constexpr std::string_view kLinkParameter = "sandbar_token";
inline constexpr std::string_view kTrafficHeader = "E2B-Traffic-Access-Token";

struct Credentials {
  std::optional<std::string> api_key, user_token, traffic_token;
  std::optional<std::string> link, link_cookie;  // from the query, from a former visit
  std::optional<std::string> guest_token;        // only looked at, for the guest program's own port

  bool any() const { return api_key || user_token || traffic_token || link || link_cookie; }
};

// Under TLS browsers promise for this name that no neighbouring host has set it.
std::string cookie_name(bool secure);

// `guest_token` is what the sandbox's guest program demands.
Credentials take_credentials(http::RequestHead& head, const Address& address, const access::Tokens& tokens,
                             std::string_view guest_token);

}  // namespace sandbar::control::gateway
