// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "sandbar/proc/reaper.h"

namespace sandbar::guest {

// "exit status 3", "signal: killed": the texts that clients of the protocol know.
std::string ending_text(const proc::Ending& ending);

}  // namespace sandbar::guest
