// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

namespace sandbar {

// `count` bytes from the kernel's generator (getrandom(2)): good for keys, tokens and ids.
std::string random_bytes(std::size_t count);
// The same, as 2 × `count` lower-case hex digits.
std::string random_hex(std::size_t count);

}  // namespace sandbar
