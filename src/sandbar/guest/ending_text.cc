// SPDX-License-Identifier: Apache-2.0
#include "sandbar/guest/ending_text.h"

#include <fmt/format.h>

#include <array>
#include <string_view>

namespace sandbar::guest {
namespace {

constexpr auto kSignals = std::to_array<std::string_view>(
    {"", "hangup", "interrupt", "quit", "illegal instruction", "trace/breakpoint trap", "aborted",
     "bus error", "floating point exception", "killed", "user defined signal 1", "segmentation fault",
     "user defined signal 2", "broken pipe", "alarm clock", "terminated"});

}  // namespace

std::string ending_text(const proc::Ending& ending) {
  if (ending.signal == 0) return fmt::format("exit status {}", ending.exit_code);
  auto number = static_cast<std::size_t>(ending.signal);
  if (number < kSignals.size()) return fmt::format("signal: {}", kSignals[number]);
  return fmt::format("signal: signal {}", number);
}

}  // namespace sandbar::guest
