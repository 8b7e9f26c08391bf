// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <vector>

#include "sandbar/base/result.h"
#include "sandbar/proc/fd.h"

// Looking at processes that an earlier run of this program started. A pid alone may have been reused: pid and
// start time together name a process.

namespace sandbar::agent {

struct ProcessStat {
  std::uint64_t start_time = 0;  // field 22 of /proc/PID/stat
  std::uint64_t cpu_ns = 0;      // user and system
  bool zombie = false;
};

Result<ProcessStat> stat_process(pid_t pid);
// Private (anonymous) resident memory.
Result<std::uint64_t> private_memory(pid_t pid);
// not_found unless the process of that start time lives.
Result<proc::Fd> open_process(pid_t pid, std::uint64_t start_time);
// All live processes whose user is in [first, first + count).
std::vector<pid_t> processes_of_users(uid_t first, uid_t count);
void kill_process(const proc::Fd& pidfd);

}  // namespace sandbar::agent
