// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "sandbar/base/result.h"
#include "sandbar/proc/fd.h"

// Sockets between the agent and its QEMUs. Any length of path will do.

namespace sandbar::agent {

// For QEMU to inherit; an old socket there is replaced.
Result<proc::Fd> listen_unix(const std::filesystem::path& path);
// To one that listens already. Does not block.
Result<proc::Fd> connect_unix(const std::filesystem::path& path);

}  // namespace sandbar::agent
