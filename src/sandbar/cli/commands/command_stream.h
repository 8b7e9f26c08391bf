// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/cli/context.h"

// Running one command in a sandbox with this program's own standard streams.

namespace sandbar::cli {

struct RemoteCommand {
  std::vector<std::string> argv;
  std::vector<std::string> env;
  std::string user, cwd, timeout;
  bool no_stdin = false;
};

// Output as it comes; standard input is passed on; Ctrl-C asks the command to end, a second one kills it.
// The command's exit code.
Task<Result<int>> stream_command(Context& context, std::string sandbox, RemoteCommand command);
// The same in a terminal of the sandbox: keys as they are, the window's size, and a new connection when one
// breaks.
Task<Result<int>> stream_terminal(Context& context, std::string sandbox, RemoteCommand command);

}  // namespace sandbar::cli
