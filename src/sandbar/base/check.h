// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <source_location>
#include <stdexcept>

// SANDBAR_CHECK states what must hold if the program is right. It throws; nobody catches it but the three
// places that keep one broken request from ending the process (http pipeline, rpc server, spawn).

namespace sandbar {

struct BrokenInvariant : std::logic_error {
  using std::logic_error::logic_error;
};

[[noreturn]] inline void check_failed(const char* condition,
                                      std::source_location at = std::source_location::current()) {
  throw BrokenInvariant(fmt::format("{}:{}: {} does not hold", at.file_name(), at.line(), condition));
}

}  // namespace sandbar

#define SANDBAR_CHECK(condition)                           \
  do {                                                     \
    if (!(condition)) ::sandbar::check_failed(#condition); \
  } while (false)
