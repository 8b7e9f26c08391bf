// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "sandbar/base/strings.h"
#include "sandbar/cli/commands/commands.h"
#include "sandbar/cli/login.h"
#include "sandbar/cli/output.h"
#include "sandbar/cli/team.h"
#include "sandbar/cli/views.h"

namespace sandbar::cli {
namespace {

struct NoOptions {};

struct NameOptions {
  std::string name;
};

struct TransferOptions {
  std::string member;
};

struct RemoveOptions {
  std::string confirm;
};

Task<Result<int>> list(Context& context, NoOptions) {
  CO_TRY(auto* api, context.api());
  CO_TRY(auto items, co_await own_teams(*api));
  CO_TRY(auto teams, view_of<std::vector<TeamView>>(items));
  auto current = co_await current_team_path(*api);
  Table table{{"", "ID", "NAME", "SLUG", "ROLE", "HOSTS"}, {}};
  for (const auto& team : teams)
    table.rows.push_back({current && current->ends_with(team.id) ? "*" : "", team.id, team.name.value_or(""),
                          team.slug.value_or(""), team.role.value_or(""),
                          team.is_byoc.value_or(false) ? "own" : "platform"});
  show(context, items, render(table));
  co_return 0;
}

Task<Result<int>> create(Context& context, NameOptions options) {
  CO_TRY(auto* api, context.api());
  CO_TRY(auto answer,
         co_await api->post("/v1/teams", boost::json::object{{"name", options.name}}, Auth::session));
  CO_TRY(auto team, view_of<TeamView>(answer));
  show(context, answer, team.id + "\n");
  if (!context.json()) note("Work in it with: sandbar switch " + team.slug.value_or(team.id));
  co_return 0;
}

Task<Result<int>> rename(Context& context, NameOptions options) {
  CO_TRY(auto* api, context.api());
  CO_TRY(auto path, co_await current_team_path(*api));
  CO_TRY_VOID(co_await api->patch(path, boost::json::object{{"name", options.name}}, Auth::session));
  co_return 0;
}

Task<Result<int>> transfer(Context& context, TransferOptions options) {
  CO_TRY(auto* api, context.api());
  CO_TRY(auto path, co_await current_team_path(*api));
  CO_TRY(auto member, co_await member_id(*api, path, options.member));
  boost::json::object body{{"user_id", member}};
  CO_TRY_VOID(co_await api->post(path + "/transfer", std::move(body), Auth::session));
  if (!context.json()) note("You are an admin of the team now.");
  co_return 0;
}

Task<Result<int>> leave(Context& context, NoOptions) {
  CO_TRY(auto* api, context.api());
  CO_TRY(auto path, co_await current_team_path(*api));
  CO_TRY_VOID(co_await api->post(path + "/leave", nullptr, Auth::session));
  if (!context.json()) note("Your API keys for the team have been revoked. Go on with: sandbar switch TEAM");
  co_return 0;
}

Task<Result<int>> remove(Context& context, RemoveOptions options) {
  CO_TRY(auto* api, context.api());
  CO_TRY(auto path, co_await current_team_path(*api));
  CO_TRY(auto items, co_await own_teams(*api));
  CO_TRY(auto teams, view_of<std::vector<TeamView>>(items));
  CO_TRY(auto team, find_team(teams, path.substr(path.rfind('/') + 1)));
  if (options.confirm != team.slug.value_or(team.id))
    co_return fail(invalid_request(
        fmt::format("this destroys all sandboxes, templates and hosts of {}: say --confirm {}",
                    team.name.value_or(team.id), team.slug.value_or(team.id))));
  CO_TRY_VOID(co_await api->remove(path, Auth::session));
  co_return 0;
}

Task<Result<int>> switch_team(Context& context, NameOptions options) {
  CO_TRY(auto* api, context.api());
  CO_TRY(auto items, co_await own_teams(*api));
  CO_TRY(auto teams, view_of<std::vector<TeamView>>(items));
  CO_TRY(auto team, find_team(teams, options.name));
  boost::json::object wanted{{"team_id", team.id}};
  CO_TRY(auto answer, co_await api->post("/v1/auth/switch-team", std::move(wanted), Auth::session));
  CO_TRY(auto login, view_of<LoginAnswer>(answer));
  CO_TRY(auto url, context.url());
  CO_TRY(auto* config, context.config());
  auto& profile = config->profiles[context.profile_for(url)];
  profile.url = url;
  CO_TRY_VOID(co_await enter_team(context.executor(), profile, login.token, team.id));
  CO_TRY_VOID(context.save_config());
  boost::json::object result{{"team_id", team.id}, {"name", team.name.value_or("")}};
  show(context, result,
       fmt::format("Working in {} ({})\n", team.name.value_or(""), team.slug.value_or(team.id)));
  co_return 0;
}

}  // namespace

void add_team_commands(CLI::App& app, Chosen& chosen) {
  auto none = std::make_shared<NoOptions>();
  auto* group = app.add_subcommand("teams", "List, create, rename, hand over, leave and delete teams");
  run_when_alone(group, chosen, list);
  run_when_chosen(group->add_subcommand("ls", "List your teams; * marks the one you work in")->alias("list"),
                  chosen, none, list);

  auto created = std::make_shared<NameOptions>();
  auto* command = group->add_subcommand("create", "Create a team that you own");
  command->add_option("name", created->name)->required();
  run_when_chosen(command, chosen, created, create);

  auto renamed = std::make_shared<NameOptions>();
  command = group->add_subcommand("rename", "Rename the team you work in");
  command->add_option("name", renamed->name)->required();
  run_when_chosen(command, chosen, renamed, rename);

  auto heir = std::make_shared<TransferOptions>();
  command = group->add_subcommand("transfer", "Make another member the owner; you become an admin");
  command->add_option("member", heir->member, "e-mail address or id")->required();
  run_when_chosen(command, chosen, heir, transfer);

  run_when_chosen(group->add_subcommand("leave", "Leave the team you work in"), chosen, none, leave);

  auto removed = std::make_shared<RemoveOptions>();
  command = group->add_subcommand("rm", "Delete the team you work in, and destroy all that belongs to it");
  command->add_option("--confirm", removed->confirm, "the team's slug");
  run_when_chosen(command, chosen, removed, remove);

  auto target = std::make_shared<NameOptions>();
  command = app.add_subcommand("switch", "Work in another of your teams");
  command->add_option("team", target->name, "slug, name or id")->required();
  run_when_chosen(command, chosen, target, switch_team);
}

}  // namespace sandbar::cli
