// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "sandbar/base/strings.h"
#include "sandbar/base/units.h"
#include "sandbar/cli/commands/commands.h"
#include "sandbar/cli/output.h"
#include "sandbar/cli/views.h"

namespace sandbar::cli {
namespace {

struct NoOptions {};

struct CreateOptions {
  std::string name, expires;
  std::vector<std::string> scopes;
};

// "30d" from now, or a time as it is.
Result<std::string> expiry_of(const std::string& text) {
  if (auto duration = parse_duration(text)) return to_rfc3339(SystemClock().now() + *duration);
  TRY(auto time, parse_rfc3339(text));
  return to_rfc3339(time);
}

struct RevokeOptions {
  std::vector<std::string> ids;
};

Task<Result<int>> list(Context& context, NoOptions) {
  CO_TRY(auto* api, context.api());
  CO_TRY(auto items, co_await api->list("/v1/api-keys", Auth::session));
  CO_TRY(auto keys, view_of<std::vector<ApiKeyView>>(items));
  Table table{{"ID", "NAME", "BEGINS WITH", "SCOPES", "CREATED", "LAST USED", "ENDS"}, {}};
  auto now = SystemClock().now();
  for (const auto& key : keys)
    table.rows.push_back({key.id, key.name.value_or(""), key.key_prefix.value_or(""),
                          fmt::format("{}", fmt::join(key.scopes, " ")),
                          human_age(key.created_at.value_or(""), now),
                          human_age(key.last_used.value_or(""), now), key.expires_at.value_or("never")});
  show(context, items, render(table));
  co_return 0;
}

Task<Result<int>> create(Context& context, CreateOptions options) {
  CO_TRY(auto* api, context.api());
  boost::json::object body;
  if (!options.name.empty()) body["name"] = options.name;
  if (!options.scopes.empty()) body["scopes"] = boost::json::value_from(options.scopes);
  if (!options.expires.empty()) {
    CO_TRY(auto expires_at, expiry_of(options.expires));
    body["expires_at"] = expires_at;
  }
  CO_TRY(auto answer, co_await api->post("/v1/api-keys", std::move(body), Auth::session));
  CO_TRY(auto key, view_of<ApiKeyView>(answer));
  show(context, answer, key.key.value_or("") + "\n");
  if (!context.json()) note("This key is shown only now.");
  co_return 0;
}

Task<Result<int>> revoke(Context& context, RevokeOptions options) {
  CO_TRY(auto* api, context.api());
  for (const auto& id : options.ids) {
    CO_TRY_VOID(co_await api->remove("/v1/api-keys/" + percent_encode(id), Auth::session));
    if (!context.json()) print_line(id);
  }
  if (context.json()) print(render_json(boost::json::value_from(options.ids)));
  co_return 0;
}

}  // namespace

void add_key_commands(CLI::App& app, Chosen& chosen) {
  auto* group = app.add_subcommand("keys", "List, make and revoke API keys");
  run_when_alone(group, chosen, list);
  run_when_chosen(group->add_subcommand("ls", "List the team's keys")->alias("list"), chosen,
                  std::make_shared<NoOptions>(), list);

  auto create_options = std::make_shared<CreateOptions>();
  auto* command = group->add_subcommand("create", "Make a key and print it");
  command->add_option("name", create_options->name, "what it is for");
  command->add_option("--expires", create_options->expires,
                      "how long it is good for, such as 30d, or until when");
  command
      ->add_option("--scope", create_options->scopes,
                   "what it may do (may be repeated); without: all but hosts")
      ->check(CLI::IsMember({"read", "sandboxes", "templates", "hosts"}));
  run_when_chosen(command, chosen, create_options, create);

  auto revoke_options = std::make_shared<RevokeOptions>();
  command = group->add_subcommand("revoke", "Revoke keys at once");
  command->add_option("ids", revoke_options->ids)->required();
  run_when_chosen(command, chosen, revoke_options, revoke);
}

}  // namespace sandbar::cli
