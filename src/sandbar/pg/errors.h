// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "sandbar/base/error.h"

struct pg_result;

// SQLSTATE to Errc. The state and the name of a violated constraint are kept at the front of the error's
// detail, where violates() and is_retryable() find them; the server's DETAIL field is left out because it
// quotes row values.

namespace sandbar::pg {

Error error_of_result(const pg_result* result);
Error error_of_state(std::string_view sqlstate, std::string_view constraint, std::string_view message);
// The connection is gone or cannot be made.
Error connection_error(std::string detail);

}  // namespace sandbar::pg
