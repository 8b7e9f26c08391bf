// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace sandbar {

// Of a text with lines like "MemTotal:   24683920 kB" (/proc/meminfo, /proc/PID/status; proc(5)): the value
// of the line that begins with `name` ("MemTotal:"), in bytes.
std::optional<std::uint64_t> bytes_of_line(std::string_view text, std::string_view name);

}  // namespace sandbar
