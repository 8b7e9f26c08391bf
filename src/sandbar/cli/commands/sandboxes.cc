// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "sandbar/base/strings.h"
#include "sandbar/cli/commands/commands.h"
#include "sandbar/cli/commands/new_sandbox.h"
#include "sandbar/cli/output.h"
#include "sandbar/cli/sandbox_ref.h"
#include "sandbar/cli/terminal.h"
#include "sandbar/cli/views.h"

namespace sandbar::cli {
namespace {

namespace bj = boost::json;

struct ListOptions {
  std::string status, template_name, host;
  std::vector<std::string> metadata, words;
  bool quiet = false;

  bool is_narrow() const {
    return !(status.empty() && template_name.empty() && host.empty() && metadata.empty() && words.empty());
  }
};

struct OneOptions {
  std::string sandbox;
};

struct SeveralOptions {
  std::vector<std::string> sandboxes;
};

struct ResumeOptions {
  std::vector<std::string> sandboxes;
  std::string timeout;
};

struct RemoveOptions {
  std::vector<std::string> sandboxes;
  bool all = false, yes = false;
};

std::string size_of(const std::optional<std::int64_t>& mebibytes) {
  return mebibytes ? human_size(static_cast<std::uint64_t>(*mebibytes) << 20) : "";
}

std::string timeout_of(const SandboxView& sandbox) {
  auto seconds = sandbox.timeout_sec.value_or(0);
  return seconds == 0 ? "never" : human_time(seconds);
}

std::vector<std::string> row_of(const SandboxView& sandbox, Time now) {
  return {sandbox.id,
          sandbox.status.value_or(""),
          sandbox.template_.value_or(""),
          fmt::format("{}", sandbox.vcpus.value_or(0)),
          size_of(sandbox.memory_mb),
          timeout_of(sandbox),
          human_age(sandbox.created_at.value_or(""), now)};
}

Result<std::string> table_of(const bj::array& items) {
  Table table{{"ID", "STATUS", "TEMPLATE", "CPUS", "MEMORY", "TIMEOUT", "CREATED"}, {}};
  auto now = SystemClock().now();
  for (const auto& item : items) {
    TRY(auto sandbox, view_of<SandboxView>(item));
    table.rows.push_back(row_of(sandbox, now));
  }
  return render(table);
}

Result<std::vector<std::string>> ids_of(const bj::array& items) {
  std::vector<std::string> ids;
  for (const auto& item : items) {
    TRY(auto sandbox, view_of<SandboxView>(item));
    ids.push_back(sandbox.id);
  }
  return ids;
}

Task<Result<bj::array>> list_sandboxes(Context& context, ListOptions wanted) {
  CO_TRY(auto* api, context.api());
  std::string path = "/v1/sandboxes?limit=100";
  auto add = [&path](std::string_view name, std::string_view value) {
    if (!value.empty()) path += fmt::format("&{}={}", name, percent_encode(value));
  };
  add("status", wanted.status);
  add("template", wanted.template_name);
  add("host", wanted.host);
  for (const auto& pair : wanted.metadata) add("metadata", pair);
  add("q", fmt::format("{}", fmt::join(wanted.words, " ")));
  co_return co_await api->list(path);
}

Task<Result<int>> list(Context& context, ListOptions options) {
  CO_TRY(auto items, co_await list_sandboxes(context, options));
  if (options.quiet) {
    CO_TRY(auto ids, ids_of(items));
    for (const auto& id : ids) print_line(id);
    co_return 0;
  }
  CO_TRY(auto text, table_of(items));
  show(context, items, text);
  if (items.empty() && !context.json())
    note(options.is_narrow() ? "no sandbox matches" : "no sandboxes; `sandbar create` makes one");
  co_return 0;
}

Task<Result<int>> info(Context& context, OneOptions options) {
  CO_TRY(auto id, co_await resolve_sandbox(context, options.sandbox));
  CO_TRY(auto* api, context.api());
  CO_TRY(auto answer, co_await api->get(sandbox_path(id)));
  CO_TRY(auto sandbox, view_of<SandboxView>(answer));
  std::vector<std::pair<std::string, std::string>> fields{
      {"id", sandbox.id},
      {"status", sandbox.status.value_or("")},
      {"cause", sandbox.status_cause.value_or("")},
      {"template", sandbox.template_.value_or("")},
      {"cpus", fmt::format("{}", sandbox.vcpus.value_or(0))},
      {"memory", size_of(sandbox.memory_mb)},
      {"disk", size_of(sandbox.disk_mb)},
      {"timeout", timeout_of(sandbox)},
      {"created", sandbox.created_at.value_or("")},
      {"last active", sandbox.last_active_at.value_or("")},
  };
  for (const auto& [name, value] : sandbox.metadata.value_or(std::map<std::string, std::string>{}))
    fields.emplace_back("metadata " + name, value);
  std::erase_if(fields, [](const auto& field) { return field.second.empty(); });
  show(context, answer, render_fields(fields));
  co_return 0;
}

// The same call for each sandbox; the first failure ends it, naming the sandbox.
Task<Result<int>> post_each(Context& context, std::vector<std::string> sandboxes, std::string verb,
                            bj::object body) {
  CO_TRY(auto* api, context.api());
  bj::array answers;
  for (const auto& typed : sandboxes) {
    CO_TRY(auto id, co_await resolve_sandbox(context, typed));
    CO_TRY(auto answer, co_await api->post(sandbox_path(id, "/" + verb), body));
    if (!context.json()) print_line(id);
    answers.push_back(std::move(answer));
  }
  if (context.json()) print(render_json(answers.size() == 1 ? answers[0] : bj::value(answers)));
  co_return 0;
}

Task<Result<int>> pause(Context& context, SeveralOptions options) {
  co_return co_await post_each(context, options.sandboxes, "pause", {});
}

Task<Result<int>> resume(Context& context, ResumeOptions options) {
  if (options.timeout.empty()) co_return co_await post_each(context, options.sandboxes, "resume", {});
  CO_TRY(auto seconds, seconds_of(options.timeout, "--timeout"));
  CO_TRY(auto* api, context.api());
  for (const auto& typed : options.sandboxes) {
    CO_TRY(auto id, co_await resolve_sandbox(context, typed));
    CO_TRY_VOID(co_await api->post(sandbox_path(id, "/resume"), bj::object{}));
  }
  bj::object body{{"timeout_sec", seconds}};
  co_return co_await post_each(context, options.sandboxes, "timeout", std::move(body));
}

Result<void> confirm(std::size_t count) {
  auto answer = to_lower(
      trim(ask(fmt::format("Destroy {} sandbox{}? [y/N] ", count, count == 1 ? "" : "es")).value_or("")));
  if (answer == "y" || answer == "yes") return {};
  return fail(Error{Errc::canceled, "nothing was destroyed"});
}

Task<Result<std::vector<std::string>>> ids_to_remove(Context& context, RemoveOptions options) {
  std::vector<std::string> ids;
  for (const auto& typed : options.sandboxes) {
    CO_TRY(auto id, co_await resolve_sandbox(context, typed));
    ids.push_back(std::move(id));
  }
  if (!options.all) co_return ids;
  CO_TRY(auto items, co_await list_sandboxes(context, {}));
  CO_TRY(ids, ids_of(items));
  if (!options.yes && !ids.empty()) CO_TRY_VOID(confirm(ids.size()));
  co_return ids;
}

Task<Result<int>> remove(Context& context, RemoveOptions options) {
  if (options.all != options.sandboxes.empty())
    co_return fail(invalid_request("name sandboxes, or say --all"));
  if (options.all && !options.yes && !stdin_is_terminal())
    co_return fail(invalid_request("--all needs --yes when nobody can be asked"));
  CO_TRY(auto ids, co_await ids_to_remove(context, options));
  CO_TRY(auto* api, context.api());
  for (const auto& id : ids) {
    CO_TRY_VOID(co_await api->remove(sandbox_path(id)));
    if (!context.json()) print_line(id);
  }
  if (context.json()) print(render_json(bj::value_from(ids)));
  co_return 0;
}

}  // namespace

void add_sandbox_commands(CLI::App& app, Chosen& chosen) {
  auto list_options = std::make_shared<ListOptions>();
  auto* command = app.add_subcommand("ls", "List the team's sandboxes")->alias("list");
  command->add_option("--status", list_options->status, "only those in this state");
  command->add_option("--template", list_options->template_name, "only those of this template");
  command->add_option("--host", list_options->host, "only those on this host");
  command->add_option("--metadata", list_options->metadata, "only those with this NAME=value")
      ->allow_extra_args(false);
  command->add_option("text", list_options->words, "words in their ids, templates or metadata");
  command->add_flag("-q,--quiet", list_options->quiet, "only the ids");
  run_when_chosen(command, chosen, list_options, list);

  auto info_options = std::make_shared<OneOptions>();
  command = app.add_subcommand("info", "Show one sandbox");
  command->add_option("sandbox", info_options->sandbox, "id, or the beginning of one")->required();
  run_when_chosen(command, chosen, info_options, info);

  auto pause_options = std::make_shared<SeveralOptions>();
  command = app.add_subcommand("pause", "Pause sandboxes; memory and processes are kept");
  command->add_option("sandboxes", pause_options->sandboxes)->required();
  run_when_chosen(command, chosen, pause_options, pause);

  auto resume_options = std::make_shared<ResumeOptions>();
  command = app.add_subcommand("resume", "Resume paused sandboxes where they were");
  command->add_option("sandboxes", resume_options->sandboxes)->required();
  command->add_option("--timeout", resume_options->timeout, "new idle time, for example 10m");
  run_when_chosen(command, chosen, resume_options, resume);

  auto remove_options = std::make_shared<RemoveOptions>();
  command = app.add_subcommand("rm", "Destroy sandboxes");
  command->add_option("sandboxes", remove_options->sandboxes);
  command->add_flag("--all", remove_options->all, "all of the team");
  command->add_flag("-y,--yes", remove_options->yes, "do not ask");
  run_when_chosen(command, chosen, remove_options, remove);
}

}  // namespace sandbar::cli
