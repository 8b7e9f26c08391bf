// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <fstream>

#include "sandbar/base/strings.h"
#include "sandbar/cli/commands/audit_options.h"
#include "sandbar/cli/commands/commands.h"
#include "sandbar/cli/output.h"
#include "sandbar/cli/views.h"

namespace sandbar::cli {

std::string filters_of(const AuditOptions& options) {
  std::string out;
  auto add = [&](std::string_view name, const std::string& value) {
    if (!value.empty()) out += fmt::format("&{}={}", name, percent_encode(value));
  };
  add("resource_type", options.resource_type);
  add("resource_id", options.resource_id);
  add("action", options.action);
  add("event", options.event);
  add("actor", options.actor);
  add("from", options.from);
  add("to", options.to);
  add("text", options.text);
  return out;
}

namespace {

constexpr std::size_t kPage = 200, kPiece = 64 * 1024;

std::vector<std::string> row_of(const AuditView& row) {
  return {row.created_at.value_or(""), row.status.value_or(""),
          row.actor_name.value_or(row.actor_type.value_or("")),
          fmt::format("{} {}", row.resource_type.value_or(""), row.action.value_or("")),
          row.resource_id.value_or("")};
}

Task<Result<boost::json::array>> entries_of(Api& api, const AuditOptions& options) {
  boost::json::array items;
  AuditPage page;
  do {
    auto path = fmt::format("{}?limit={}{}", options.all_teams ? "/v1/admin/audit-logs" : "/v1/audit-logs",
                            std::min(kPage, options.limit - items.size()), filters_of(options));
    if (page.next_before)
      path += fmt::format("&before={}&before_id={}", percent_encode(*page.next_before),
                          percent_encode(page.next_before_id.value_or("")));
    CO_TRY(auto answer, co_await api.get(path, Auth::session));
    CO_TRY(page, view_of<AuditPage>(answer));
    for (auto& item : page.items) items.push_back(std::move(item));
  } while (page.next_before && items.size() < options.limit);
  co_return items;
}

Task<Result<int>> list(Context& context, AuditOptions options) {
  CO_TRY(auto* api, context.api());
  CO_TRY(auto items, co_await entries_of(*api, options));
  CO_TRY(auto rows, view_of<std::vector<AuditView>>(items));
  Table table{{"TIME", "STATUS", "ACTOR", "ACTION", "OBJECT"}, {}};
  for (const auto& row : rows) table.rows.push_back(row_of(row));
  show(context, items, render(table));
  co_return 0;
}

Task<Result<void>> copy(http::ClientResponse& from, std::ostream* into) {
  std::vector<char> piece(kPiece);
  for (;;) {
    CO_TRY(auto count, co_await from.read_some(piece));
    if (count == 0) co_return Result<void>{};
    std::string_view bytes(piece.data(), count);
    if (!into)
      print(bytes);
    else if (!into->write(bytes.data(), static_cast<std::streamsize>(bytes.size())))
      co_return fail(Error{Errc::no_space, "the file cannot be written"});
  }
}

Task<Result<int>> download(Context& context, AuditOptions options) {
  CO_TRY(auto* api, context.api());
  auto path = fmt::format("/v1/audit-logs/export?format={}{}", options.format, filters_of(options));
  CO_TRY(auto head, api->head("GET", path, Auth::session));
  CO_TRY(auto answer, co_await api->open(std::move(head)));
  std::ofstream file;
  if (!options.output.empty()) {
    file.open(options.output, std::ios::binary | std::ios::trunc);
    if (!file) co_return fail(invalid_request("cannot write " + options.output));
  }
  CO_TRY_VOID(co_await copy(*answer, options.output.empty() ? nullptr : &file));
  file.close();
  if (file.fail() && !options.output.empty())
    co_return fail(Error{Errc::no_space, "cannot write " + options.output});
  co_return 0;
}

}  // namespace

void add_audit_command(CLI::App& app, Chosen& chosen) {
  auto options = std::make_shared<AuditOptions>();
  auto* group = app.add_subcommand("audit", "Who did what in the team, newest first");
  group->add_option("--limit", options->limit)->check(CLI::Range(1, 10'000))->capture_default_str();
  group->add_option("--resource", options->resource_type, "for example sandbox or api_key");
  group->add_option("--id", options->resource_id, "of what it happened to, for example sb-…");
  group->add_option("--action", options->action, "for example create or destroy");
  group->add_option("--event", options->event, "both: sandbox.create,api_key.revoke");
  group->add_option("--actor", options->actor, "id of a user or key, or system");
  group->add_option("--from", options->from, "earliest time, like 2026-01-31T00:00:00Z");
  group->add_option("--to", options->to, "time before which");
  group->add_option("--text", options->text, "found in names, ids or details");
  group->add_flag("--all-teams", options->all_teams, "for platform admins");
  group->require_subcommand(0, 1)->callback([group, &chosen, options] {
    if (group->get_subcommands().empty())
      chosen.action = [options](Context& context) { return list(context, *options); };
  });
  run_when_chosen(group->add_subcommand("ls", "List entries")->alias("list"), chosen, options, list);

  auto* command = group->add_subcommand("export", "Print every entry, or those that the filters leave");
  command->add_option("--format", options->format)
      ->check(CLI::IsMember({"jsonl", "csv"}))
      ->capture_default_str();
  command->add_option("-o,--output", options->output, "file to write instead");
  run_when_chosen(command, chosen, options, download);

  command = group->add_subcommand("verify", "Prove that no entry was changed, removed or slipped in");
  command->add_option("--expect", options->expected, "SEQ:HASH that an earlier run printed");
  command->add_option("--file", options->file, "check an export in JSON lines, without a server");
  run_when_chosen(command, chosen, options, verify_audit);
}

}  // namespace sandbar::cli
