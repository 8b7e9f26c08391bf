// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sandbar/base/result.h"

// Where a webhook may point: to servers on the public internet, and nowhere into networks that only this
// machine can see.

namespace sandbar::control::webhooks {

struct Url {
  bool is_secure = true;
  std::string host;  // without brackets
  std::uint16_t port = 443;
  std::string authority, target;  // "example.org:8443", "/path?query"
};

// invalid_request for what is no URL of an HTTP server, has a user or a fragment, or is not https (unless
// `allow_http`).
Result<Url> parse_url(const std::string& text, bool allow_http);

// A range of addresses; an IPv4 address is looked at in its mapped form.
struct Cidr {
  std::array<std::uint8_t, 16> bytes{};
  int bits = 128;

  static Result<Cidr> parse(std::string_view text);
  bool contains(const std::array<std::uint8_t, 16>& address) const;
};

class EgressPolicy {
 public:
  // invalid_request for what is no range.
  static Result<EgressPolicy> create(const std::vector<std::string>& allowed_cidrs);
  // Of an address as text; false for what is none.
  bool permits(std::string_view address) const;

 private:
  std::vector<Cidr> allowed_, refused_;
};

}  // namespace sandbar::control::webhooks
