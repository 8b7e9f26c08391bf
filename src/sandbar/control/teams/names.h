// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "sandbar/base/result.h"

// Names of teams: letters of any script with their marks, digits, space, _ - @ ', in Unicode's composed form
// (NFC), so that what looks alike is alike; 1 to 128 characters, trimmed. No controls, no invisible
// characters, no pictures.

namespace sandbar::control::teams {

// The name as it is stored, or invalid_request for "name".
Result<std::string> team_name(std::string_view text);

// "Zoë's Team", for the team of a new user. What a team's name cannot have is left out, so that it can always
// be saved again.
std::string default_team_name(std::string_view user_name);

}  // namespace sandbar::control::teams
