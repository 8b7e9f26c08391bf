// SPDX-License-Identifier: Apache-2.0
#include "sandbar/cli/progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include "sandbar/cli/output.h"
#include "sandbar/cli/terminal.h"

namespace sandbar::cli {
namespace {

using namespace std::chrono_literals;

constexpr int kBarCells = 24;

std::string bar(double part) {
  auto cells = static_cast<int>(std::clamp(part, 0.0, 1.0) * kBarCells);
  return fmt::format("[{:=<{}}{: <{}}]", "", cells, "", kBarCells - cells);
}

}  // namespace

Progress::Progress(std::string what, std::uint64_t total) : what_(printable(what)), total_(total) {}

void Progress::advance(std::uint64_t bytes) {
  done_ += bytes;
  auto now = Clock::now();
  if (stderr_is_terminal() && now - begin_ > 500ms && now - drawn_ > 100ms) draw(now);
}

void Progress::draw(Clock::time_point now) {
  drawn_ = now;
  shown_ = true;
  auto seconds = std::chrono::duration<double>(now - begin_).count();
  auto rate = human_size(static_cast<std::uint64_t>(static_cast<double>(done_) / seconds));
  auto of_total = total_ ? fmt::format(" of {} {}", human_size(total_),
                                       bar(static_cast<double>(done_) / static_cast<double>(total_)))
                         : "";
  fmt::print(stderr, "\r\x1b[K{}  {}{}  {}/s", what_, human_size(done_), of_total, rate);
  std::fflush(stderr);
}

void Progress::clear() {
  if (std::exchange(shown_, false)) fmt::print(stderr, "\r\x1b[K");
}

}  // namespace sandbar::cli
