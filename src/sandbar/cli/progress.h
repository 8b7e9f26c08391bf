// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

// One line on standard error that shows how far a transfer is, redrawn a few times a second. Nothing is shown
// when standard error is no terminal, nor for what ends within half a second.

namespace sandbar::cli {

class Progress {
 public:
  explicit Progress(std::string what, std::uint64_t total = 0);  // 0 = unknown
  ~Progress() { clear(); }

  void advance(std::uint64_t bytes);
  std::uint64_t done() const { return done_; }
  // Takes the line away.
  void clear();

 private:
  using Clock = std::chrono::steady_clock;
  void draw(Clock::time_point now);

  std::string what_;
  std::uint64_t total_, done_ = 0;
  Clock::time_point begin_ = Clock::now(), drawn_ = begin_;
  bool shown_ = false;
};

}  // namespace sandbar::cli
