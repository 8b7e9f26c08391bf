// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sandbar/base/id.h"
#include "sandbar/http/message.h"

// Which sandbox and port a request means (E2B.md section 4). By its host name: {port}-{id}.{domain}, where
// the id is 32 hex digits, a UUID, or "sb-" and a UUID. Or, on a host that is an IP address, "localhost" or
// "sandbox.…", by the headers E2b-Sandbox-Id and E2b-Sandbox-Port. Everything else is for the API.

namespace sandbar::control::gateway {

struct Address {
  std::string name = {};             // the sandbox as the client spells it
  std::optional<SandboxId> id = {};  // nothing: it can be none of ours
  std::uint16_t port = 0;
};

// Whether a request is traffic for a sandbox, well-formed or not.
bool is_traffic(const http::RequestHead& request, std::string_view domain);
// The message of an invalid_request is what E2B's proxy says.
Result<Address> address_of(const http::RequestHead& request, std::string_view domain);

}  // namespace sandbar::control::gateway
