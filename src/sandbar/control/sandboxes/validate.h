// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/sandboxes/types.h"

namespace sandbar::control::sandboxes {

// invalid_request with every field that is out of its bounds (model/limits.h).
Result<void> validate(const NewSandbox& wanted);
Result<void> validate_timeout(std::int64_t timeout_sec);
// "10.0.0.0/8", "2001:db8::/32", or a single address.
bool is_cidr(std::string_view text);

}  // namespace sandbar::control::sandboxes
