// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "sandbar/proc/fd.h"

// The cgroups that commands start in. There are several, so that one command and its descendants, however
// many they are, leave the others a share of the processors: a fork bomb is one share, and who comes to end
// it another.

namespace sandbar::guest {

class CommandCgroups {
 public:
  // A cgroup v2 directory; false, with errno, if it cannot be opened.
  bool add(const std::string& directory);
  // For the next command: one that has no processes, else the one that was chosen longest ago. A descriptor
  // of its directory, or -1 if there is none.
  int choose();

 private:
  struct Cgroup {
    proc::Fd directory, events;
  };
  static bool is_empty(const Cgroup& cgroup);

  std::vector<Cgroup> cgroups_;
  std::size_t next_ = 0;
};

}  // namespace sandbar::guest
