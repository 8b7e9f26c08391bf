// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "sandbar/base/strings.h"
#include "sandbar/cli/commands/builds.h"
#include "sandbar/cli/definition.h"
#include "sandbar/cli/output.h"
#include "sandbar/cli/views.h"

namespace sandbar::cli {
namespace {

struct BuildOptions {
  std::string file, name, healthcheck;
  int vcpus = 0, memory_mb = 0, disk_mb = 0;
  bool overwrite = false, detach = false, platform = false;
};

struct ListOptions {
  bool platform = false;
};

struct LogOptions {
  std::string build;
  bool follow = false, platform = false;
};

struct CancelOptions {
  std::string build;
  bool platform = false;
};

std::string builds_path(bool platform) { return platform ? "/v1/admin/builds" : "/v1/builds"; }
Auth auth_of(bool platform) { return platform ? Auth::session : Auth::key; }

Task<Result<void>> print_log(Api& api, std::string path, Auth auth) {
  CO_TRY(auto head, api.head("GET", std::move(path), auth));
  CO_TRY(auto answer, co_await api.open(std::move(head)));
  std::vector<char> piece(64 * 1024);
  for (;;) {
    CO_TRY(auto count, co_await answer->read_some(piece));
    if (count == 0) co_return Result<void>{};
    // Lines of somebody else's programs: nothing in them may steer the terminal.
    auto lines = split(std::string_view(piece.data(), count), '\n');
    for (std::size_t i = 0; i < lines.size(); ++i)
      print(printable(lines[i]) + (i + 1 < lines.size() ? "\n" : ""));
  }
}

boost::json::object body_of(const BuildOptions& options, std::string definition) {
  boost::json::object body{{"definition", std::move(definition)}, {"overwrite", options.overwrite}};
  if (!options.name.empty()) body["name"] = options.name;
  if (!options.healthcheck.empty()) body["healthcheck"] = options.healthcheck;
  if (options.vcpus > 0) body["vcpus"] = options.vcpus;
  if (options.memory_mb > 0) body["memory_mb"] = options.memory_mb;
  if (options.disk_mb > 0) body["disk_mb"] = options.disk_mb;
  return body;
}

// A build that did not succeed is a failure of the command.
Result<int> verdict(const BuildView& build) {
  if (build.status == "success") return 0;
  note(fmt::format("the build {}: {}", build.status.value_or(""), printable(build.error.value_or(""))));
  return 1;
}

Task<Result<int>> build(Context& context, BuildOptions options) {
  CO_TRY(auto definition, self_contained_definition(options.file));
  CO_TRY(auto* api, context.api());
  auto auth = auth_of(options.platform);
  auto path = options.platform ? "/v1/admin/builds" : "/v1/templates";
  CO_TRY(auto answer, co_await api->post(path, body_of(options, std::move(definition)), auth));
  CO_TRY(auto begun, view_of<BuildView>(answer));
  auto own = builds_path(options.platform) + "/" + begun.id;
  if (!options.detach && !context.json())
    CO_TRY_VOID(co_await print_log(*api, own + "/log?follow=true", auth));
  if (!options.detach && context.json()) {
    CO_TRY(auto head, api->head("GET", own + "/log?follow=true", auth));
    CO_TRY(auto log, co_await api->open(std::move(head)));
    CO_TRY_VOID(co_await log->read_all(8 << 20));
  }
  if (!options.detach) {
    CO_TRY(answer, co_await api->get(own, auth));
  }
  CO_TRY(auto ended, view_of<BuildView>(answer));
  if (context.json() || options.detach) show(context, answer, ended.id + "\n");
  if (options.detach) co_return 0;
  co_return verdict(ended);
}

Task<Result<int>> list(Context& context, ListOptions options) {
  CO_TRY(auto* api, context.api());
  CO_TRY(auto items, co_await api->list(builds_path(options.platform), auth_of(options.platform)));
  CO_TRY(auto builds, view_of<std::vector<BuildView>>(items));
  Table table{{"BUILD", "TEMPLATE", "STATUS", "STEP", "CREATED"}, {}};
  auto now = SystemClock().now();
  for (const auto& row : builds) {
    auto step = fmt::format("{}/{}", row.current_step.value_or(0), row.total_steps.value_or(0));
    table.rows.push_back({row.id, row.name.value_or(""), row.status.value_or(""), std::move(step),
                          human_age(row.created_at.value_or(""), now)});
  }
  show(context, items, render(table));
  co_return 0;
}

Task<Result<int>> log(Context& context, LogOptions options) {
  CO_TRY(auto* api, context.api());
  auto path = fmt::format("{}/{}/log?follow={}", builds_path(options.platform), percent_encode(options.build),
                          options.follow);
  CO_TRY_VOID(co_await print_log(*api, std::move(path), auth_of(options.platform)));
  co_return 0;
}

Task<Result<int>> cancel(Context& context, CancelOptions options) {
  CO_TRY(auto* api, context.api());
  auto path = fmt::format("{}/{}/cancel", builds_path(options.platform), percent_encode(options.build));
  CO_TRY(auto answer, co_await api->post(std::move(path), boost::json::object(), auth_of(options.platform)));
  CO_TRY(auto cancelled, view_of<BuildView>(answer));
  show(context, answer, cancelled.id + "\n");
  co_return 0;
}

template <class Options>
void add_platform_flag(CLI::App* command, const std::shared_ptr<Options>& options) {
  command->add_flag("--platform", options->platform,
                    "for everybody; needs a platform admin who is logged in");
}

}  // namespace

void add_build_commands(CLI::App& group, Chosen& chosen) {
  auto build_options = std::make_shared<BuildOptions>();
  auto* command = group.add_subcommand("build", "Build a template from a definition, and show how it goes");
  command->add_option("file", build_options->file, "the definition")->required();
  command->add_option("--name", build_options->name, "instead of the definition's");
  command->add_option("--vcpus", build_options->vcpus, "instead of the definition's");
  command->add_option("--memory", build_options->memory_mb, "MiB, instead of the definition's");
  command->add_option("--disk", build_options->disk_mb, "MiB, instead of the definition's");
  command->add_option("--healthcheck", build_options->healthcheck,
                      "command that must succeed in the new template");
  command->add_flag("--overwrite", build_options->overwrite, "take the place of a template of that name");
  command->add_flag("-d,--detach", build_options->detach, "only begin it");
  add_platform_flag(command, build_options);
  run_when_chosen(command, chosen, build_options, build);

  auto list_options = std::make_shared<ListOptions>();
  command = group.add_subcommand("builds", "List builds, newest first");
  add_platform_flag(command, list_options);
  run_when_chosen(command, chosen, list_options, list);

  auto log_options = std::make_shared<LogOptions>();
  command = group.add_subcommand("log", "Show the log of a build");
  command->add_option("build", log_options->build, "its id")->required();
  command->add_flag("-f,--follow", log_options->follow, "until it has ended");
  add_platform_flag(command, log_options);
  run_when_chosen(command, chosen, log_options, log);

  auto cancel_options = std::make_shared<CancelOptions>();
  command = group.add_subcommand("cancel", "Cancel a build");
  command->add_option("build", cancel_options->build, "its id")->required();
  add_platform_flag(command, cancel_options);
  run_when_chosen(command, chosen, cancel_options, cancel);
}

}  // namespace sandbar::cli
