// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "sandbar/cli/context.h"

namespace sandbar::cli {

// The full id of the sandbox that a user means: a full id (not looked up), or the beginning of one, with or
// without "sb-", as long as only one sandbox of the team begins so.
Task<Result<std::string>> resolve_sandbox(Context& context, std::string typed);

// "/v1/sandboxes/sb-…" + rest.
std::string sandbox_path(const std::string& id, std::string_view rest = {});

}  // namespace sandbar::cli
