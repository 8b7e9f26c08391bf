// SPDX-License-Identifier: Apache-2.0
#include "sandbar/base/failpoint.h"

#include <csignal>
#include <cstdlib>

namespace sandbar {

void failpoint(std::string_view place) {
  static const char* chosen = std::getenv("SANDBAR_TEST_FAILPOINT");
  if (chosen && place == chosen) std::raise(SIGKILL);
}

}  // namespace sandbar
