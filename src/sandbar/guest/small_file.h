// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

// Whole small files of /etc, /proc and /sys at once; never a file whose size a sandbox's user decides.

namespace sandbar::guest {

// At most `limit` bytes; nothing if it cannot be opened.
std::optional<std::string> read_small_file(const std::string& path, std::size_t limit);
// Writes to an existing file (a kernel setting); false if that was refused.
bool write_setting(const std::string& path, std::string_view value);

}  // namespace sandbar::guest
