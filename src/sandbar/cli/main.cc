// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <csignal>

#include "sandbar/cli/commands/commands.h"
#include "sandbar/cli/failure.h"
#include "sandbar/cli/output.h"
#include "sandbar/cli/version.h"
#include "sandbar/log/log.h"

namespace {

using namespace sandbar;
using namespace sandbar::cli;

constexpr int kUsage = 2;
constexpr decltype(&add_up_command) kCommands[] = {
    add_up_command,       add_down_command,     add_agent_commands,   add_account_commands,
    add_session_commands, add_create_command,   add_sandbox_commands, add_exec_commands,
    add_copy_command,     add_process_commands, add_url_command,      add_template_commands,
    add_team_commands,    add_member_commands,  add_key_commands,     add_host_commands,
    add_audit_command,    add_usage_commands,   add_webhook_commands, add_completion_command,
};

void declare(CLI::App& app, GlobalOptions& options, Chosen& chosen) {
  app.require_subcommand(0, 1);
  app.fallthrough();
  app.set_version_flag("--version", std::string(kVersion));
  app.add_flag("--json", options.json, "one JSON document instead of text");
  app.add_option("--url", options.url, "address of the server (SANDBAR_URL)");
  app.add_option("--api-key", options.api_key, "API key (SANDBAR_API_KEY)");
  app.add_option("--profile", options.profile, "stored server and credentials (SANDBAR_PROFILE)");
  for (auto add : kCommands) add(app, chosen);
}

// Everything after "--" belongs to the command in the sandbox, and to nobody here.
std::vector<std::string> cut_at_dashes(std::vector<std::string>& arguments) {
  auto dashes = std::ranges::find(arguments, "--");
  if (dashes == arguments.end()) return {};
  std::vector<std::string> rest(dashes + 1, arguments.end());
  arguments.erase(dashes, arguments.end());
  return rest;
}

std::vector<std::string> remaining_of(const CLI::App& app) {
  auto chosen = app.get_subcommands();
  return chosen.empty() ? std::vector<std::string>{} : chosen.front()->remaining();
}

int run(const Action& action, GlobalOptions options, std::vector<std::string> rest) {
  boost::asio::io_context io(1);
  Context context(io.get_executor(), std::move(options), std::move(rest));
  int code = 1;
  boost::asio::co_spawn(io, action(context), [&](std::exception_ptr thrown, Result<int> result) {
    if (thrown) result = fail(internal_error("a task ended with an exception"));
    code = result ? *result : report_failure(context, result.error());
    io.stop();
  });
  io.run();
  return code;
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  log::set_level(log::Level::warn);
  CLI::App app("Sandbar runs untrusted code in microVM sandboxes.", "sandbar");
  GlobalOptions options;
  Chosen chosen;
  declare(app, options, chosen);
  std::vector<std::string> arguments(argv + 1, argv + argc);
  auto rest = cut_at_dashes(arguments);
  std::ranges::reverse(arguments);  // CLI11 takes them from the back
  try {
    app.parse(arguments);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kUsage;
  }
  if (!chosen.action) return note(app.help()), kUsage;
  if (rest.empty()) rest = remaining_of(app);
  return run(chosen.action, std::move(options), std::move(rest));
}
