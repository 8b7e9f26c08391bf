// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

// Where a test may end the program in the middle of things: SANDBAR_TEST_FAILPOINT names one place, and the
// program is killed there as if by kill -9.

namespace sandbar {

void failpoint(std::string_view place);

}  // namespace sandbar
