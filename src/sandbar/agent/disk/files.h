// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <string_view>

#include "sandbar/base/result.h"
#include "sandbar/proc/fd.h"

// Files that must be there, whole, after a crash: everything here either happens completely or not at all,
// and the errors name the file. All calls block: keep them off the event loop unless the file is tiny.

namespace sandbar::agent {

namespace fs = std::filesystem;

// Always close-on-exec.
Result<proc::Fd> open_file(const fs::path& path, int flags, mode_t mode = 0600);
// too_large when there is more than `limit`.
Result<std::string> read_file(const fs::path& path, std::size_t limit);
Result<void> write_fully(int fd, std::string_view bytes);
// Writes beside `path`, syncs, renames over it, syncs the directory.
Result<void> replace_file(const fs::path& path, std::string_view bytes, mode_t mode = 0600);
Result<void> sync_file(const fs::path& path);
Result<void> sync_directory(const fs::path& path);
// Atomic on one file system, and durable when it returns.
Result<void> rename_durably(const fs::path& from, const fs::path& to);
// Holes stay holes; blocks are shared where the file system can do that. `to` must not exist.
Result<void> copy_sparse(const fs::path& from, const fs::path& to);
// A second name for the same file; a copy where that is impossible.
Result<void> link_or_copy(const fs::path& from, const fs::path& to);
Result<void> set_owner(const fs::path& path, uid_t uid, mode_t mode);
// Allocated, not apparent; 0 if the file is not there.
std::uint64_t allocated_bytes(const fs::path& path);

}  // namespace sandbar::agent
