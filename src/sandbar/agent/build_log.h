// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "sandbar/async/event.h"
#include "sandbar/base/result.h"

// The lines of one template build, for everybody who follows it: a client that asks twice for the same build
// sees it from its begin, and a build goes on when nobody looks.

namespace sandbar::agent {

struct BuildLog {
  static constexpr std::size_t kMaxLines = 20'000;

  explicit BuildLog(Executor executor) : changed(std::move(executor)) {}

  void add(std::string line) {
    if (lines.size() < kMaxLines) lines.push_back(std::move(line));
    changed.notify_all();
  }
  void end(Result<void> result) {
    outcome = std::move(result);
    changed.notify_all();
  }

  Event changed;
  std::deque<std::string> lines;
  std::optional<Result<void>> outcome;
};

}  // namespace sandbar::agent
