// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>

// What `up` says while it works, as lines on a descriptor: the terminal, or a pipe to the `up` that the user
// waits for.

namespace sandbar::cli {

class Report {
 public:
  explicit Report(int fd) : fd_(fd) {}

  // "Starting the database"; the next step or done() says how long it took when that was long.
  void step(const std::string& what);
  // Something that happened within the step.
  void detail(const std::string& line);
  void done();

 private:
  using Clock = std::chrono::steady_clock;
  void line(const std::string& text);

  int fd_;
  std::string step_;
  Clock::time_point begin_;
};

}  // namespace sandbar::cli
