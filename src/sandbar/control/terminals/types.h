// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "sandbar/control/guests/sockets.h"

namespace sandbar::control::terminals {

using guests::Channel;

struct Command {
  std::string cmd;
  std::vector<std::string> args;
  std::map<std::string, std::string> envs;
  std::optional<std::string> cwd, user, tag;
  bool takes_input = false;
  std::chrono::seconds timeout{0};  // the guest kills it then; 0 = never
};

struct TerminalSize {
  std::uint32_t cols = 80, rows = 24;
};

// Which process of a sandbox: by its pid there, or by the tag that it was started with.
using Selector = std::variant<std::uint32_t, std::string>;

enum class Signal { interrupt, terminate, kill };

struct Started {
  std::uint32_t pid = 0;
};
struct Output {
  Channel channel = Channel::standard_output;
  std::string bytes;
};
struct Ended {
  int exit_code = 0;   // -1 when killed by a signal
  std::string status;  // "exit status 1", "signal: killed"
};
using Event = std::variant<Started, Output, Ended>;

// All that a command printed, in memory.
struct Collected {
  std::string standard_output, standard_error;
  int exit_code = 0;
  std::chrono::milliseconds duration{};
};

struct Process {
  std::uint32_t pid = 0;
  std::optional<std::string> tag;
  std::string cmd;
  std::vector<std::string> args;
  std::optional<std::string> cwd;
};

}  // namespace sandbar::control::terminals
