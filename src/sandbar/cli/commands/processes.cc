// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "sandbar/base/strings.h"
#include "sandbar/cli/commands/commands.h"
#include "sandbar/cli/output.h"
#include "sandbar/cli/sandbox_ref.h"
#include "sandbar/cli/views.h"

namespace sandbar::cli {
namespace {

struct ListOptions {
  std::string sandbox;
};

struct KillOptions {
  std::string sandbox;
  std::int64_t pid = 0;
  std::string signal = "SIGTERM";
};

std::string command_line(const ProcessView& process) {
  if (process.args.empty()) return process.cmd.value_or("");
  return fmt::format("{} {}", process.cmd.value_or(""), fmt::join(process.args, " "));
}

Task<Result<int>> list(Context& context, ListOptions options) {
  CO_TRY(auto id, co_await resolve_sandbox(context, options.sandbox));
  CO_TRY(auto* api, context.api());
  CO_TRY(auto items, co_await api->list(sandbox_path(id, "/processes")));
  CO_TRY(auto processes, view_of<std::vector<ProcessView>>(items));
  Table table{{"PID", "TAG", "FOLDER", "COMMAND"}, {}};
  for (const auto& process : processes)
    table.rows.push_back({fmt::format("{}", process.pid), process.tag.value_or(""), process.cwd.value_or(""),
                          command_line(process)});
  show(context, items, render(table));
  co_return 0;
}

Task<Result<int>> kill(Context& context, KillOptions options) {
  CO_TRY(auto id, co_await resolve_sandbox(context, options.sandbox));
  CO_TRY(auto* api, context.api());
  auto signal = options.signal.starts_with("SIG") ? options.signal : "SIG" + options.signal;
  CO_TRY_VOID(co_await api->remove(
      sandbox_path(id, fmt::format("/processes/{}?signal={}", options.pid, percent_encode(signal)))));
  co_return 0;
}

}  // namespace

void add_process_commands(CLI::App& app, Chosen& chosen) {
  auto list_options = std::make_shared<ListOptions>();
  auto* command = app.add_subcommand("ps", "List the commands that were started in a sandbox");
  command->add_option("sandbox", list_options->sandbox, "id, or the beginning of one")->required();
  run_when_chosen(command, chosen, list_options, list);

  auto kill_options = std::make_shared<KillOptions>();
  command = app.add_subcommand("kill", "Send a signal to a command in a sandbox");
  command->add_option("sandbox", kill_options->sandbox, "id, or the beginning of one")->required();
  command->add_option("pid", kill_options->pid)->required();
  command->add_option("-s,--signal", kill_options->signal, "INT, TERM or KILL")->capture_default_str();
  run_when_chosen(command, chosen, kill_options, kill);
}

}  // namespace sandbar::cli
