// SPDX-License-Identifier: Apache-2.0
#include "sandbar/cli/commands/commands.h"
#include "sandbar/cli/commands/new_sandbox.h"
#include "sandbar/cli/output.h"
#include "sandbar/cli/views.h"

namespace sandbar::cli {
namespace {

// Only the id, so that `id=$(sandbar create)` works.
Task<Result<int>> create(Context& context, NewSandbox options) {
  CO_TRY(auto answer, co_await create_sandbox(context, std::move(options)));
  CO_TRY(auto sandbox, view_of<SandboxView>(answer));
  show(context, answer, sandbox.id + "\n");
  co_return 0;
}

}  // namespace

void add_create_command(CLI::App& app, Chosen& chosen) {
  auto options = std::make_shared<NewSandbox>();
  auto* command = app.add_subcommand("create", "Create a sandbox and print its id");
  command->add_option("--template,template", options->template_name, "template or snapshot to start from")
      ->capture_default_str();
  add_new_sandbox_options(*command, *options);
  command->add_option("--on-timeout", options->on_timeout, "what happens then")
      ->check(CLI::IsMember({"pause", "destroy"}));
  run_when_chosen(command, chosen, options, create);
}

}  // namespace sandbar::cli
