// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/cli/api.h"
#include "sandbar/cli/config_file.h"

namespace sandbar::cli {

// Signs in at `url`: the profile then holds the session and a new API key of that name.
Task<Result<Profile>> sign_in(Executor executor, std::string url, std::string email, Secret password,
                              std::string key_name);
// Asks the server whether the key is good.
Task<Result<Profile>> profile_with_key(Executor executor, std::string url, Secret api_key);

}  // namespace sandbar::cli
