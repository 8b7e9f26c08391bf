// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <termios.h>

#include <optional>
#include <string>

// The local terminal.

namespace sandbar::cli {

bool stdin_is_terminal();
bool stdout_is_terminal();
bool stderr_is_terminal();

struct ScreenSize {
  int cols = 80, rows = 24;
};
ScreenSize screen_size();

// Every key goes through as it is, until this is destroyed. Does nothing when standard input is no terminal.
class RawTerminal {
 public:
  RawTerminal();
  ~RawTerminal();
  RawTerminal(const RawTerminal&) = delete;
  RawTerminal& operator=(const RawTerminal&) = delete;

 private:
  std::optional<termios> before_;
};

// A line typed after `question`; nothing at the end of the input. A secret is not shown while it is typed.
std::optional<std::string> ask(const std::string& question);
std::optional<std::string> ask_secret(const std::string& question);

}  // namespace sandbar::cli
