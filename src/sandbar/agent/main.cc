// SPDX-License-Identifier: Apache-2.0
#include <signal.h>

#include <cstdio>

#include "sandbar/agent/app.h"
#include "sandbar/async/spawn.h"
#include "sandbar/log/log.h"

namespace {

using namespace sandbar;
using agent::Command;

// Sandboxes outlive the agent, and so would a loop that waits for their ends.
Task<void> keep_outcome(boost::asio::io_context& io, Task<Result<void>> task, Result<void>& outcome) {
  outcome = co_await std::move(task);
  io.stop();
}

int run(agent::Options options) {
  boost::asio::io_context io(1);
  Result<void> outcome = fail(internal_error("the program ended without an outcome"));
  auto task = options.command == Command::build_template ? agent::build_template(std::move(options))
                                                         : agent::run_agent(std::move(options));
  spawn(io.get_executor(), "main", keep_outcome(io, std::move(task), outcome));
  io.run();
  if (outcome) return 0;
  std::fprintf(stderr, "sandbar-agent: %s\n", log::describe(outcome.error()).c_str());
  return 1;
}

int print(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  return 0;
}

Result<agent::Options> read_options(int argc, char** argv) {
  TRY(auto environment, read_environment());
  return agent::parse_options({argv + 1, argv + argc}, std::move(environment));
}

}  // namespace

int main(int argc, char** argv) {
  signal(SIGPIPE, SIG_IGN);
  auto options = read_options(argc, argv);
  if (!options) {
    std::fprintf(stderr, "sandbar-agent: %s\n", options.error().message.c_str());
    return 2;
  }
  log::set_level(options->config.log_level);
  switch (options->command) {
    case Command::help:
      return print(agent::usage());
    case Command::version:
      return print(fmt::format("sandbar-agent {}\n", agent::kVersion));
    case Command::print_config:
      return print(options->config_text);
    case Command::run:
    case Command::build_template:
      return run(std::move(*options));
  }
}
