// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "sandbar/base/secret.h"
#include "sandbar/guest/session.h"

// Signed URLs for /files: whoever knows the sandbox's access token can hand out one path, one direction, for
// a time.

namespace sandbar::guest {

struct SignedAccess {
  std::string_view path, operation, user;  // as in the query; operation is "read" or "write"
  std::optional<std::int64_t> expires;     // unix seconds
};

// "v1_" + unpadded base64 of SHA-256 over "path:operation:user:token[:expires]".
std::string sign(const SignedAccess& access, const Secret& token);

// The whole rule for /files: no token set, or the right X-Access-Token, or a right signature that is not
// expired.
Result<void> check_file_access(const Session& session, const http::RequestHead& request,
                               std::string_view operation, std::chrono::system_clock::time_point now);

}  // namespace sandbar::guest
