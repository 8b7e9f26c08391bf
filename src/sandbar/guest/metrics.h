// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace sandbar::guest {

// What the sandbox uses, read from /proc when asked. The CPU share is that since the previous call: nothing
// samples in the background.
class Metrics {
 public:
  // The body of GET /metrics.
  std::string json();

 private:
  struct CpuTimes {
    std::uint64_t busy = 0, total = 0;
  };
  static CpuTimes read_cpu();
  CpuTimes last_;
};

}  // namespace sandbar::guest
