// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "sandbar/async/task.h"
#include "sandbar/proc/child.h"

// Programs that `up` runs to their end: initdb, createdb, bootstrap, the template build.

namespace sandbar::cli {

struct Tool {
  std::string program;
  std::vector<std::string> args;  // without the program's name
  std::vector<std::string> env;
  std::optional<proc::Identity> identity;
  std::string errors;                               // file that standard error is appended to
  std::function<void(const std::string&)> on_line;  // each line of standard output as it comes
};

// Standard output (at most 1 MiB is kept). An exit code other than 0 is an error with the last lines of both
// outputs.
Task<Result<std::string>> run_tool(Tool tool);

// PATH, HOME and LANG, and nothing else of ours.
std::vector<std::string> plain_environment();

// 0 to 255, or 128 + signal.
Task<int> wait_for_end(proc::Child child);

}  // namespace sandbar::cli
