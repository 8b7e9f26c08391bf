// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "sandbar/agent/memory/mapping.h"

// A page file holds what differs from a memory image: the changed pages one after the other, then the list of
// runs that says where they belong, then a footer. It is cumulative: image + one page file is the whole
// memory, however often the sandbox was paused. Neither side ever holds more than one batch of pages, so the
// cost in memory does not grow with the guest.

namespace sandbar::agent {

struct PageCounts {
  std::uint64_t written = 0;  // pages looked at
  std::uint64_t kept = 0;     // of those: stored
  std::uint64_t zeroed = 0;   // of those: became zero, stored as a run without bytes
};

// Writes to `out` (empty) what `memory` has and `image` has not. Not synced.
Result<PageCounts> save_pages(const GuestMemory& memory, int image, int out);
// Puts a page file's pages into a QEMU that has not loaded its device state yet.
Result<PageCounts> inject_pages(const GuestMemory& memory, int file);
// Puts them into a copy of the memory image.
Result<PageCounts> apply_pages(int file, int image);

}  // namespace sandbar::agent
