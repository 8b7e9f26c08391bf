// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>

#include "sandbar/cli/commands/command_stream.h"
#include "sandbar/cli/commands/commands.h"
#include "sandbar/cli/commands/new_sandbox.h"
#include "sandbar/cli/output.h"
#include "sandbar/cli/sandbox_ref.h"
#include "sandbar/cli/terminal.h"
#include "sandbar/cli/views.h"

namespace sandbar::cli {
namespace {

struct ExecOptions {
  std::string sandbox;
  bool terminal = false;
  RemoteCommand command;
};

struct RunOptions {
  NewSandbox sandbox;
  bool terminal = false, keep = false;
  RemoteCommand command;
};

void add_command_options(CLI::App& app, RemoteCommand& command) {
  app.add_option("-u,--user", command.user, "run as this user of the sandbox");
  app.add_option("-w,--workdir", command.cwd, "run in this folder");
  app.add_flag("-n,--no-stdin", command.no_stdin, "leave standard input alone");
  app.fallthrough(false)->prefix_command();  // what follows belongs to the command in the sandbox
}

void add_terminal_type(RemoteCommand& command) {
  if (const char* term = std::getenv("TERM")) command.env.push_back(std::string("TERM=") + term);
}

Task<Result<int>> stream(Context& context, std::string sandbox, RemoteCommand command, bool terminal) {
  if (command.argv.empty())
    co_return fail(invalid_request("there is no command; example: sandbar exec sb-… -- ls -l"));
  if (!terminal) co_return co_await stream_command(context, std::move(sandbox), std::move(command));
  add_terminal_type(command);
  co_return co_await stream_terminal(context, std::move(sandbox), std::move(command));
}

Task<Result<int>> exec(Context& context, ExecOptions options) {
  CO_TRY(auto id, co_await resolve_sandbox(context, options.sandbox));
  options.command.argv = context.rest();
  co_return co_await stream(context, std::move(id), std::move(options.command), options.terminal);
}

Task<Result<int>> run(Context& context, RunOptions options) {
  options.command.argv = context.rest();
  if (options.command.argv.empty())
    co_return fail(invalid_request("there is no command; example: sandbar run -- python3 -c 'print(6*7)'"));
  // If we are killed, the sandbox does not stay for long.
  if (options.sandbox.timeout.empty() && !options.keep) options.sandbox.timeout = "60s";
  if (!options.keep) options.sandbox.on_timeout = "destroy";
  CO_TRY(auto answer, co_await create_sandbox(context, options.sandbox));
  CO_TRY(auto sandbox, view_of<SandboxView>(answer));
  auto code = co_await stream(context, sandbox.id, std::move(options.command), options.terminal);
  if (options.keep) {
    note("kept: " + sandbox.id);
    co_return code;
  }
  CO_TRY(auto* api, context.api());
  auto removed = co_await api->remove(sandbox_path(sandbox.id));
  if (!removed) note("the sandbox " + sandbox.id + " could not be destroyed; it ends by itself");
  co_return code;
}

Task<Result<int>> shell(Context& context, ExecOptions options) {
  if (!stdin_is_terminal())
    co_return fail(invalid_request("shell needs a terminal; for scripts: sandbar exec sb-… -- COMMAND"));
  CO_TRY(auto id, co_await resolve_sandbox(context, options.sandbox));
  options.command.argv = context.rest();
  if (options.command.argv.empty()) options.command.argv = {"/bin/bash", "-l"};
  add_terminal_type(options.command);
  co_return co_await stream_terminal(context, std::move(id), std::move(options.command));
}

}  // namespace

void add_exec_commands(CLI::App& app, Chosen& chosen) {
  auto exec_options = std::make_shared<ExecOptions>();
  auto* command = app.add_subcommand("exec", "Run a command in a sandbox: exec SANDBOX [--] COMMAND …");
  command->add_option("sandbox", exec_options->sandbox, "id, or the beginning of one")->required();
  command->add_option("-e,--env", exec_options->command.env, "NAME=value for the command")
      ->allow_extra_args(false);
  command->add_option("--timeout", exec_options->command.timeout, "kill it after this time, for example 30s");
  command->add_flag("-t,--tty", exec_options->terminal, "in a terminal");
  add_command_options(*command, exec_options->command);
  run_when_chosen(command, chosen, exec_options, exec);

  auto run_options = std::make_shared<RunOptions>();
  command =
      app.add_subcommand("run", "Create a sandbox, run a command in it, destroy it: run [--] COMMAND …");
  command->add_option("--template", run_options->sandbox.template_name, "template or snapshot to start from")
      ->capture_default_str();
  add_new_sandbox_options(*command, run_options->sandbox);
  command->add_flag("-t,--tty", run_options->terminal, "in a terminal");
  command->add_flag("--keep", run_options->keep, "do not destroy it");
  add_command_options(*command, run_options->command);
  run_when_chosen(command, chosen, run_options, run);

  auto shell_options = std::make_shared<ExecOptions>();
  command = app.add_subcommand("shell", "Open a terminal in a sandbox");
  command->add_option("sandbox", shell_options->sandbox, "id, or the beginning of one")->required();
  command->add_option("-e,--env", shell_options->command.env, "NAME=value for the shell")
      ->allow_extra_args(false);
  add_command_options(*command, shell_options->command);
  run_when_chosen(command, chosen, shell_options, shell);
}

}  // namespace sandbar::cli
