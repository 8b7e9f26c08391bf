// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "sandbar/async/event.h"
#include "sandbar/base/result.h"

// The lines of one template build, for everybody who follows it: a client that asks twice for the same build
// sees it from where it wants, and a build goes on when nobody looks.

namespace sandbar::agent {

struct BuildLog {
  static constexpr std::size_t kMaxLines = 20'000, kMaxBytes = 1 << 20;

  explicit BuildLog(Executor executor) : changed(std::move(executor)) {}

  void add(std::string line) {
    if (full) return;
    bytes += line.size() + 1;
    full = lines.size() + 1 >= kMaxLines || bytes >= kMaxBytes;
    lines.push_back(full ? "(the log is too long, the rest is not kept)" : std::move(line));
    changed.notify_all();
  }
  void tell(int done, int total) {
    step = done, total_steps = total;
    changed.notify_all();
  }
  void end(Result<void> result) {
    outcome = std::move(result);
    changed.notify_all();
  }

  Event changed;
  std::deque<std::string> lines;
  std::size_t bytes = 0;
  bool full = false;
  int step = 0, total_steps = 0;
  std::optional<Result<void>> outcome;
};

}  // namespace sandbar::agent
