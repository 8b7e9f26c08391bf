// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "sandbar/cli/commands/commands.h"
#include "sandbar/cli/output.h"
#include "sandbar/cli/up/installation.h"
#include "sandbar/cli/up/launch.h"
#include "sandbar/cli/up/mark.h"

namespace sandbar::cli {
namespace {

using namespace std::chrono_literals;

constexpr auto kSupervisorGrace = 300s;

struct DownArguments {
  std::string state = kDefaultState;
};

Task<Result<int>> down(Context&, DownArguments arguments) {
  CO_TRY(auto layout, layout_of(arguments.state));
  co_return co_await bring_down(std::move(layout));
}

}  // namespace

Task<Result<int>> bring_down(Layout layout) {
  if (!std::filesystem::exists(layout.root)) co_return fail(not_found("installation", layout.root));
  if (::geteuid() != 0) co_return fail(Error{Errc::forbidden, "this needs root: sudo"});
  auto supervisor = find_marked(layout.mark("up"));
  if (supervisor) note("Pausing sandboxes and stopping …");
  if (supervisor) end_process(*supervisor, SIGTERM, kSupervisorGrace);
  end_leftovers(layout, Sandboxes::pause);
  note(supervisor ? "Stopped." : "Nothing is running.");
  co_return 0;
}

void add_down_command(CLI::App& app, Chosen& chosen) {
  auto arguments = std::make_shared<DownArguments>();
  auto* command = app.add_subcommand("down", "Pause the sandboxes and stop everything that `up` started");
  command->add_option("--state", arguments->state, "folder given to `up`")->capture_default_str();
  run_when_chosen(command, chosen, arguments, down);
}

}  // namespace sandbar::cli
