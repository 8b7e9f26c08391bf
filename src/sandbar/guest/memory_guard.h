// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sandbar/async/task.h"

// Ends what thrashes. Commands that are at their bound of memory lose the pages of their programs, which the
// kernel takes first since they can be read again; they are read again at once, and each time that counts as
// progress, so it goes on for minutes before the kernel kills anybody. Other commands of the sandbox are as
// slow as that meanwhile. When it has gone on for two seconds, the command with the most memory is killed, as
// the kernel would in the end.

namespace sandbar::guest {

// From a cgroup's memory.current and memory.stat.
struct MemoryUse {
  std::uint64_t bytes = 0, file_bytes = 0;  // file_bytes of them can be read again: nothing of a tmpfs
  std::uint64_t read_again = 0;             // major faults so far
};
MemoryUse parse_memory_use(std::string_view current, std::string_view stat);
// Of two samples that are half a second apart.
bool is_thrashing(const MemoryUse& before, const MemoryUse& now, std::uint64_t bound);

// Costs nothing until the bound of this cgroup (version 2) is reached.
Task<void> guard_memory(std::string cgroup);

}  // namespace sandbar::guest
