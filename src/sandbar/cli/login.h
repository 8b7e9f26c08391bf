// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/cli/api.h"
#include "sandbar/cli/config_file.h"

namespace sandbar::cli {

// Signs in at `url`: the profile then holds the session and, in a team, a new API key.
Task<Result<Profile>> sign_in(Executor executor, std::string url, std::string email, Secret password);
// A name for a key that this program makes for itself on this machine.
std::string own_key_name();
// Moves the profile to the team of the session: its key for that team, or a new one.
Task<Result<void>> enter_team(Executor executor, Profile& profile, std::string session, std::string team);
// Asks the server whether the key is good.
Task<Result<Profile>> profile_with_key(Executor executor, std::string url, Secret api_key);

}  // namespace sandbar::cli
