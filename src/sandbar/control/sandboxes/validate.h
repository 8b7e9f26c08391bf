// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/sandboxes/types.h"

namespace sandbar::control::sandboxes {

// invalid_request with every field that is out of its bounds (model/limits.h).
Result<void> validate(const NewSandbox& wanted);
Result<void> validate_timeout(std::int64_t timeout_sec);
// What a list is searched for: text of at most 200 bytes.
Result<void> validate_search(std::string_view field, const std::optional<std::string>& text);
// "10.0.0.0/8", "2001:db8::/32", or a single address.
bool is_cidr(std::string_view text);

}  // namespace sandbar::control::sandboxes
