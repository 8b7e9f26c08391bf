// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "sandbar/base/strings.h"
#include "sandbar/cli/commands/builds.h"
#include "sandbar/cli/output.h"
#include "sandbar/cli/sandbox_ref.h"
#include "sandbar/cli/views.h"

namespace sandbar::cli {
namespace {

struct SnapshotOptions {
  std::string sandbox, name;
  bool overwrite = false;
};

struct ListOptions {
  std::string type;
};

struct RemoveOptions {
  std::vector<std::string> names;
};

Task<Result<int>> snapshot(Context& context, SnapshotOptions options) {
  CO_TRY(auto id, co_await resolve_sandbox(context, options.sandbox));
  CO_TRY(auto* api, context.api());
  boost::json::object body{{"sandbox_id", id}};
  if (!options.name.empty()) body["name"] = options.name;
  CO_TRY(auto answer, co_await api->post(options.overwrite ? "/v1/snapshots?overwrite=true" : "/v1/snapshots",
                                         std::move(body)));
  CO_TRY(auto made, view_of<TemplateView>(answer));
  show(context, answer, made.name.value_or(made.id.value_or("")) + "\n");
  co_return 0;
}

std::vector<std::string> row_of(const TemplateView& item, Time now) {
  auto memory = item.memory_mb ? human_size(static_cast<std::uint64_t>(*item.memory_mb) << 20) : "";
  auto size = item.size_bytes ? human_size(static_cast<std::uint64_t>(*item.size_bytes)) : "";
  return {item.name.value_or(""),
          item.type.value_or(""),
          item.platform.value_or(false) ? "platform" : item.parent.value_or(""),
          item.vcpus ? fmt::format("{}", *item.vcpus) : "",
          memory,
          size,
          fmt::format("{}", item.hosts.size()),
          fmt::format("{}", item.in_use.value_or(0)),
          human_age(item.created_at.value_or(""), now)};
}

Task<Result<int>> list(Context& context, ListOptions options) {
  CO_TRY(auto* api, context.api());
  auto path = options.type.empty() ? "/v1/templates" : "/v1/templates?type=" + percent_encode(options.type);
  CO_TRY(auto items, co_await api->list(path));
  CO_TRY(auto templates, view_of<std::vector<TemplateView>>(items));
  Table table{{"NAME", "TYPE", "FROM", "CPUS", "MEMORY", "SIZE", "HOSTS", "IN USE", "CREATED"}, {}};
  auto now = SystemClock().now();
  for (const auto& item : templates) table.rows.push_back(row_of(item, now));
  show(context, items, render(table));
  co_return 0;
}

Task<Result<int>> remove(Context& context, RemoveOptions options) {
  CO_TRY(auto* api, context.api());
  for (const auto& name : options.names) {
    CO_TRY_VOID(co_await api->remove("/v1/templates/" + percent_encode(name)));
    if (!context.json()) print_line(name);
  }
  if (context.json()) print(render_json(boost::json::value_from(options.names)));
  co_return 0;
}

}  // namespace

void add_template_commands(CLI::App& app, Chosen& chosen) {
  auto snapshot_options = std::make_shared<SnapshotOptions>();
  auto* command =
      app.add_subcommand("snapshot", "Make a template of a sandbox, memory included; it goes on running");
  command->add_option("sandbox", snapshot_options->sandbox, "id, or the beginning of one")->required();
  command->add_option("name", snapshot_options->name, "name of the new template");
  command->add_flag("--overwrite", snapshot_options->overwrite, "take the place of a template of that name");
  run_when_chosen(command, chosen, snapshot_options, snapshot);

  auto* group = app.add_subcommand("templates", "Build, list or remove templates and snapshots");
  run_when_alone(group, chosen, list);
  auto list_options = std::make_shared<ListOptions>();
  command = group->add_subcommand("ls", "List what sandboxes can start from")->alias("list");
  command->add_option("--type", list_options->type)->check(CLI::IsMember({"base", "snapshot"}));
  run_when_chosen(command, chosen, list_options, list);

  auto remove_options = std::make_shared<RemoveOptions>();
  command = group->add_subcommand("rm", "Remove templates and snapshots");
  command->add_option("names", remove_options->names)->required();
  run_when_chosen(command, chosen, remove_options, remove);
  add_build_commands(*group, chosen);
}

}  // namespace sandbar::cli
