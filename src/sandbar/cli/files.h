// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "sandbar/base/result.h"

// Small files as a whole.

namespace sandbar::cli {

// At most 16 MiB; not_found if there is none.
Result<std::string> read_file(const std::string& path);
// Temporary file, fsync, rename, fsync of the folder: afterwards the file is the old one or the new one,
// never a part.
Result<void> write_file(const std::string& path, std::string_view content, mode_t mode);
// Like mkdir -p; only the last folder gets `mode`.
Result<void> make_folder(const std::string& path, mode_t mode);

}  // namespace sandbar::cli
