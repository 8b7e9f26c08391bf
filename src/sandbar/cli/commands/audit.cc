// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "sandbar/base/strings.h"
#include "sandbar/cli/commands/commands.h"
#include "sandbar/cli/output.h"
#include "sandbar/cli/views.h"

namespace sandbar::cli {
namespace {

struct AuditOptions {
  int limit = 50;
  std::string resource_type, action;
};

std::vector<std::string> row_of(const AuditView& row) {
  return {row.created_at.value_or(""), row.status.value_or(""),
          row.actor_name.value_or(row.actor_type.value_or("")),
          fmt::format("{} {}", row.resource_type.value_or(""), row.action.value_or("")),
          row.resource_id.value_or("")};
}

Task<Result<int>> audit(Context& context, AuditOptions options) {
  auto path = fmt::format("/v1/audit-logs?limit={}", options.limit);
  if (!options.resource_type.empty()) path += "&resource_type=" + percent_encode(options.resource_type);
  if (!options.action.empty()) path += "&action=" + percent_encode(options.action);
  CO_TRY(auto* api, context.api());
  CO_TRY(auto items, co_await api->list(path, Auth::session));
  CO_TRY(auto rows, view_of<std::vector<AuditView>>(items));
  Table table{{"TIME", "STATUS", "ACTOR", "ACTION", "OBJECT"}, {}};
  for (const auto& row : rows) table.rows.push_back(row_of(row));
  show(context, items, render(table));
  co_return 0;
}

}  // namespace

void add_audit_command(CLI::App& app, Chosen& chosen) {
  auto options = std::make_shared<AuditOptions>();
  auto* command = app.add_subcommand("audit", "Who did what in the team, newest first");
  command->add_option("--limit", options->limit)->check(CLI::Range(1, 200))->capture_default_str();
  command->add_option("--resource", options->resource_type, "for example sandbox or api_key");
  command->add_option("--action", options->action, "for example create or destroy");
  run_when_chosen(command, chosen, options, audit);
}

}  // namespace sandbar::cli
