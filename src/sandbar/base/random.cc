// SPDX-License-Identifier: Apache-2.0
#include "sandbar/base/random.h"

#include <sys/random.h>

#include "sandbar/base/check.h"
#include "sandbar/base/strings.h"

namespace sandbar {

std::string random_bytes(std::size_t count) {
  std::string out(count, '\0');
  for (std::size_t done = 0; done < count;) {
    auto got = getrandom(out.data() + done, count - done, 0);
    if (got < 0 && errno == EINTR) continue;
    SANDBAR_CHECK(got > 0);
    done += static_cast<std::size_t>(got);
  }
  return out;
}

std::string random_hex(std::size_t count) { return to_hex(random_bytes(count)); }

}  // namespace sandbar
