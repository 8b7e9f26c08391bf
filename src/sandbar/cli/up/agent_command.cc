// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <unistd.h>

#include "sandbar/base/strings.h"
#include "sandbar/cli/commands/commands.h"
#include "sandbar/cli/files.h"
#include "sandbar/cli/output.h"
#include "sandbar/cli/up/joined_host.h"

// `sandbar agent`: this machine as a host of a server elsewhere.

namespace sandbar::cli {
namespace {

struct JoinArguments {
  std::string state = kDefaultHostState, token;
  JoinOptions options;
  bool foreground = false;
};

struct StartArguments {
  std::string state = kDefaultHostState;
  bool foreground = false, supervise = false;
};

struct StopArguments {
  std::string state = kDefaultHostState;
};

Result<void> need_root() {
  if (::geteuid() == 0) return {};
  return fail(Error{Errc::forbidden, "an agent makes networks, cgroups and users: this needs root"});
}

std::string state_option(const Layout& layout) {
  return layout.root == kDefaultHostState ? "" : " --state " + layout.root;
}

Supervision supervision_of(Executor executor, const Layout& layout, const JoinOptions& options) {
  auto make = [executor, layout, options](Report& report) {
    return std::make_unique<JoinedHost>(executor, layout, options, report);
  };
  return {layout, {options.control_url}, make};
}

int show_host(Context& context, const Layout& layout, const JoinOptions& options) {
  auto id = joined_host_id(layout).value_or("");
  boost::json::object answer{{"host_id", id}, {"url", options.control_url}, {"state", layout.root}};
  auto state = state_option(layout);
  show(context, answer,
       fmt::format("This machine is {} of {}.\nLogs:   {}\nStop:   sandbar agent stop{}\nAgain:  sandbar "
                   "agent start{}\n",
                   id, options.control_url, layout.logs(), state, state));
  return 0;
}

Task<Result<int>> run_foreground(Context& context, Layout layout, JoinOptions options) {
  auto say_ready = [&] { note("This machine is a host of " + options.control_url + "; Ctrl-C stops it"); };
  return supervise(context.executor(), supervision_of(context.executor(), layout, options), STDERR_FILENO,
                   say_ready);
}

Task<Result<int>> launch(Context& context, Layout layout, JoinOptions options) {
  CO_TRY(auto ready, co_await launch_supervisor(context.executor(), layout,
                                                {"agent", "start", "--state", layout.root, "--supervise"}));
  if (!ready)
    co_return fail(Error{Errc::unavailable, "the agent did not start; more is in " + layout.logs()});
  co_return show_host(context, layout, options);
}

Result<void> check(const JoinOptions& options) {
  if (!options.control_url.starts_with("http://") && !options.control_url.starts_with("https://"))
    return fail(invalid_request("the server's address begins with http:// or https://"));
  return {};
}

// The port of the address is the one to listen on, unless something stands between.
void settle_listen(JoinOptions& options) {
  if (options.address.empty() || !options.listen.empty()) return;
  auto colon = options.address.rfind(':');
  if (colon != std::string::npos) options.listen = "0.0.0.0" + options.address.substr(colon);
}

Task<Result<int>> join(Context& context, JoinArguments arguments) {
  CO_TRY_VOID(need_root());
  CO_TRY_VOID(check(arguments.options));
  CO_TRY(auto layout, layout_of(arguments.state));
  CO_TRY_VOID(make_folder(layout.root, 0755));
  if (is_locked(layout))
    co_return fail(Error{Errc::conflict, fmt::format("an agent runs in {}: `sandbar agent stop{}` first",
                                                     layout.root, state_option(layout))});
  while (arguments.options.control_url.ends_with('/')) arguments.options.control_url.pop_back();
  settle_listen(arguments.options);
  CO_TRY_VOID(save_join(layout, arguments.options, arguments.token));
  if (arguments.foreground) co_return co_await run_foreground(context, layout, arguments.options);
  co_return co_await launch(context, layout, arguments.options);
}

Task<Result<int>> start(Context& context, StartArguments arguments) {
  CO_TRY_VOID(need_root());
  CO_TRY(auto layout, layout_of(arguments.state));
  if (!is_joined(layout))
    co_return fail(invalid_request("this machine has joined no server: `sandbar agent join` first"));
  CO_TRY(auto options, load_join(layout));
  auto executor = context.executor();
  if (arguments.supervise)
    co_return co_await supervise_launched(executor, supervision_of(executor, layout, options));
  if (is_locked(layout)) co_return show_host(context, layout, options);
  if (arguments.foreground) co_return co_await run_foreground(context, layout, options);
  co_return co_await launch(context, layout, options);
}

Task<Result<int>> stop(Context&, StopArguments arguments) {
  CO_TRY(auto layout, layout_of(arguments.state));
  co_return co_await bring_down(std::move(layout));
}

void add_join(CLI::App* group, Chosen& chosen) {
  auto arguments = std::make_shared<JoinArguments>();
  auto& options = arguments->options;
  auto* command =
      group->add_subcommand("join", "Make this machine a host of a server, and keep its agent running");
  command->add_option("server", options.control_url, "address of the server")->required();
  command->add_option("--token", arguments->token, "from `sandbar hosts add`")->required();
  command->add_option(
      "--address", options.address,
      "HOST:PORT where the server reaches this machine; without, the agent connects to the server");
  command->add_option("--listen", options.listen,
                      "address that the agent listens on (the port of --address)");
  command->add_option("--state", arguments->state, "folder for everything that is kept")
      ->capture_default_str();
  command->add_option("--hypervisor", options.hypervisor, "qemu, or fake: no virtual machines, for tests")
      ->check(CLI::IsMember({"qemu", "fake"}));
  command->add_option("--agent-env", options.agent_env, "NAME=value for the agent")->allow_extra_args(false);
  command->add_flag("--foreground", arguments->foreground, "stay, and stop everything at Ctrl-C");
  run_when_chosen(command, chosen, arguments, join);
}

}  // namespace

void add_agent_commands(CLI::App& app, Chosen& chosen) {
  auto* group =
      app.add_subcommand("agent", "This machine as a host of a server elsewhere")->require_subcommand(1);
  add_join(group, chosen);

  auto start_arguments = std::make_shared<StartArguments>();
  auto* command = group->add_subcommand("start", "Start the agent of a machine that has joined");
  command->add_option("--state", start_arguments->state, "folder given to `join`")->capture_default_str();
  command->add_flag("--foreground", start_arguments->foreground, "stay, and stop it at Ctrl-C");
  command->add_flag("--supervise", start_arguments->supervise)->group("");
  run_when_chosen(command, chosen, start_arguments, start);

  auto stop_arguments = std::make_shared<StopArguments>();
  command = group->add_subcommand("stop", "Pause the sandboxes and stop the agent");
  command->add_option("--state", stop_arguments->state, "folder given to `join`")->capture_default_str();
  run_when_chosen(command, chosen, stop_arguments, stop);
}

}  // namespace sandbar::cli
