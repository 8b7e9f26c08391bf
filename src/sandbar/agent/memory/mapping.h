// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <vector>

#include "sandbar/base/result.h"
#include "sandbar/proc/fd.h"

// The guest's RAM as it lies in the address space of its QEMU: a private mapping of the template's memory
// image. Pages that the guest wrote have become anonymous; the others still are the file's page cache, shared
// by all sandboxes.

namespace sandbar::agent {

inline constexpr std::uint64_t kPage = 4096;

struct PageRun {
  std::uint64_t first = 0, count = 0;  // in pages from the start of RAM
};

class GuestMemory {
 public:
  // Finds the mapping of the file that `image` is open on (by device and inode, so a name cannot deceive).
  static Result<GuestMemory> find(pid_t pid, int image);

  std::uint64_t pages() const { return pages_; }
  // Pages that no longer are the file's, in order.
  Result<std::vector<PageRun>> written() const;
  // The VM must be stopped, or the bytes are of no one moment.
  Result<void> read(PageRun run, char* into) const;
  Result<void> write(PageRun run, const char* from) const;

 private:
  pid_t pid_ = 0;
  std::uint64_t start_ = 0, pages_ = 0;
};

}  // namespace sandbar::agent
