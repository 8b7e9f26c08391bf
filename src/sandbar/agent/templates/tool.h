// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "sandbar/async/task.h"

// Running another program to its end: mmdebstrap, apt-get, mkfs. What it prints (both streams) arrives line
// by line. The program dies with the task, with its time limit and with this process; so do its children.

namespace sandbar::agent {

struct Tool {
  std::vector<std::string> command;
  std::filesystem::path directory = {};  // where it runs; empty = ours
  std::filesystem::path input = {};      // its standard input; empty = nothing
  std::chrono::seconds limit{600};
};

using LineSink = std::function<void(std::string_view)>;

// unavailable: it could not be started. deadline_exceeded: it took too long. internal_error: it ended with
// another status than 0; the message says which.
Task<Result<void>> run_tool(Tool tool, LineSink on_line);

// The same, with all that it printed (at most 1 MiB) as the value.
Task<Result<std::string>> read_tool(Tool tool);

}  // namespace sandbar::agent
