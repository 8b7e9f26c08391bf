// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sandbar/base/result.h"

// Files travel in pieces that are named by what is in them. A piece is at most kChunkBytes long, lies at a
// multiple of that in its file, and is compressed on its way.

namespace sandbar::agent {

inline constexpr std::size_t kChunkBytes = 1 << 20;

// BLAKE2b with 256 bits, hex.
std::string digest_of(std::string_view bytes);
bool is_digest(std::string_view text);

std::string pack(std::string_view bytes);
// data_loss unless `packed` holds exactly `size` bytes: nothing larger is ever made of it.
Result<std::string> unpack(std::string_view packed, std::size_t size);
// The same for a text whose size only its packed form says, within `limit`.
Result<std::string> unpack_within(std::string_view packed, std::size_t limit);

// Both name no file: the caller knows it.
Result<std::string> read_at(int fd, std::int64_t offset, std::size_t size);
Result<void> write_at(int fd, std::int64_t offset, std::string_view bytes);

}  // namespace sandbar::agent
