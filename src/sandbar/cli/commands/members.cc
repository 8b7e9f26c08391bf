// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "sandbar/base/strings.h"
#include "sandbar/cli/commands/commands.h"
#include "sandbar/cli/output.h"
#include "sandbar/cli/team.h"
#include "sandbar/cli/views.h"

namespace sandbar::cli {
namespace {

struct NoOptions {};

struct MemberOptions {
  std::string member, role;
};

struct InviteOptions {
  std::string email, role = "member";
};

struct InvitationOptions {
  std::string id, token;
};

Task<Result<int>> list(Context& context, NoOptions) {
  CO_TRY(auto* api, context.api());
  CO_TRY(auto path, co_await current_team_path(*api));
  CO_TRY(auto items, co_await api->list(path + "/members", Auth::session));
  CO_TRY(auto members, view_of<std::vector<MemberView>>(items));
  Table table{{"ID", "NAME", "E-MAIL", "ROLE", "JOINED"}, {}};
  auto now = SystemClock().now();
  for (const auto& member : members)
    table.rows.push_back({member.user_id, member.name.value_or(""), member.email.value_or(""),
                          member.role.value_or(""), human_age(member.joined_at.value_or(""), now)});
  show(context, items, render(table));
  co_return 0;
}

Task<Result<int>> add(Context& context, MemberOptions options) {
  CO_TRY(auto* api, context.api());
  CO_TRY(auto path, co_await current_team_path(*api));
  boost::json::object body{{"email", options.member}};
  CO_TRY(auto answer, co_await api->post(path + "/members", std::move(body), Auth::session));
  CO_TRY(auto member, view_of<MemberView>(answer));
  show(context, answer, member.user_id + "\n");
  co_return 0;
}

Task<Result<int>> change_role(Context& context, MemberOptions options) {
  CO_TRY(auto* api, context.api());
  CO_TRY(auto path, co_await current_team_path(*api));
  CO_TRY(auto id, co_await member_id(*api, path, options.member));
  boost::json::object body{{"role", options.role}};
  CO_TRY_VOID(co_await api->patch(path + "/members/" + percent_encode(id), std::move(body), Auth::session));
  co_return 0;
}

Task<Result<int>> remove(Context& context, MemberOptions options) {
  CO_TRY(auto* api, context.api());
  CO_TRY(auto path, co_await current_team_path(*api));
  CO_TRY(auto id, co_await member_id(*api, path, options.member));
  CO_TRY_VOID(co_await api->remove(path + "/members/" + percent_encode(id), Auth::session));
  if (!context.json()) note("The member's API keys have been revoked.");
  co_return 0;
}

Task<Result<int>> invite(Context& context, InviteOptions options) {
  CO_TRY(auto* api, context.api());
  CO_TRY(auto path, co_await current_team_path(*api));
  boost::json::object body{{"email", options.email}, {"role", options.role}};
  CO_TRY(auto answer, co_await api->post(path + "/invitations", std::move(body), Auth::session));
  CO_TRY(auto invitation, view_of<InvitationView>(answer));
  if (!invitation.token) {
    show(context, answer, invitation.id + "\n");
    if (!context.json()) note("The invitation has been mailed.");
    co_return 0;
  }
  show(context, answer,
       fmt::format("sandbar invitations accept {} --token {}\n", invitation.id, *invitation.token));
  if (!context.json())
    note(fmt::format("Pass this command on to {}: it works for whoever is logged in with that address.",
                     options.email));
  co_return 0;
}

// Those that the team has sent, for its owner and admins; and those to oneself.
Task<Result<int>> list_received(Context& context, NoOptions) {
  CO_TRY(auto* api, context.api());
  CO_TRY(auto items, co_await api->list("/v1/me/invitations", Auth::session));
  CO_TRY(auto invitations, view_of<std::vector<InvitationView>>(items));
  Table table{{"ID", "TEAM", "ROLE", "FROM", "ENDS"}, {}};
  for (const auto& one : invitations)
    table.rows.push_back({one.id, one.team_name.value_or(""), one.role.value_or(""),
                          one.inviter_email.value_or(""), one.expires_at.value_or("")});
  show(context, items, render(table));
  co_return 0;
}

Task<Result<int>> list_sent(Context& context, NoOptions) {
  CO_TRY(auto* api, context.api());
  CO_TRY(auto path, co_await current_team_path(*api));
  CO_TRY(auto items, co_await api->list(path + "/invitations", Auth::session));
  CO_TRY(auto invitations, view_of<std::vector<InvitationView>>(items));
  Table table{{"ID", "E-MAIL", "ROLE", "FROM", "ENDS"}, {}};
  for (const auto& one : invitations)
    table.rows.push_back({one.id, one.email.value_or(""), one.role.value_or(""),
                          one.inviter_email.value_or(""), one.expires_at.value_or("")});
  show(context, items, render(table));
  co_return 0;
}

Task<Result<int>> accept(Context& context, InvitationOptions options) {
  CO_TRY(auto* api, context.api());
  boost::json::object body;
  if (!options.token.empty()) body["token"] = options.token;
  auto path = fmt::format("/v1/me/invitations/{}/accept", percent_encode(options.id));
  CO_TRY(auto answer, co_await api->post(path, std::move(body), Auth::session));
  CO_TRY(auto team, view_of<TeamView>(answer));
  show(context, answer, team.id + "\n");
  if (!context.json()) note("Work in it with: sandbar switch " + team.slug.value_or(team.id));
  co_return 0;
}

Task<Result<int>> decline(Context& context, InvitationOptions options) {
  CO_TRY(auto* api, context.api());
  auto path = fmt::format("/v1/me/invitations/{}/decline", percent_encode(options.id));
  CO_TRY_VOID(co_await api->post(path, nullptr, Auth::session));
  co_return 0;
}

Task<Result<int>> revoke(Context& context, InvitationOptions options) {
  CO_TRY(auto* api, context.api());
  CO_TRY(auto path, co_await current_team_path(*api));
  CO_TRY_VOID(co_await api->remove(path + "/invitations/" + percent_encode(options.id), Auth::session));
  co_return 0;
}

void add_invitations(CLI::App& app, Chosen& chosen) {
  auto none = std::make_shared<NoOptions>();
  auto* group = app.add_subcommand("invitations", "List, accept and decline invitations to teams");
  run_when_alone(group, chosen, list_received);
  run_when_chosen(group->add_subcommand("ls", "List the invitations to you")->alias("list"), chosen, none,
                  list_received);
  run_when_chosen(group->add_subcommand("sent", "List the open invitations of the team you work in"), chosen,
                  none, list_sent);
  auto options = std::make_shared<InvitationOptions>();
  auto* command = group->add_subcommand("accept", "Join the team that invites you");
  command->add_option("id", options->id)->required();
  command->add_option("--token", options->token, "as it came with the invitation");
  run_when_chosen(command, chosen, options, accept);
  command = group->add_subcommand("decline", "Decline an invitation");
  command->add_option("id", options->id)->required();
  run_when_chosen(command, chosen, options, decline);
  command = group->add_subcommand("revoke", "Take back an invitation of the team you work in");
  command->add_option("id", options->id)->required();
  run_when_chosen(command, chosen, options, revoke);
}

}  // namespace

void add_member_commands(CLI::App& app, Chosen& chosen) {
  auto* group =
      app.add_subcommand("members", "List, add, change and remove the members of the team you work in");
  run_when_alone(group, chosen, list);
  run_when_chosen(group->add_subcommand("ls", "List the members")->alias("list"), chosen,
                  std::make_shared<NoOptions>(), list);
  auto options = std::make_shared<MemberOptions>();
  auto* command = group->add_subcommand("add", "Add somebody who has an account");
  command->add_option("email", options->member)->required();
  run_when_chosen(command, chosen, options, add);
  command = group->add_subcommand("role", "Make a member an admin, or an admin a member");
  command->add_option("member", options->member, "e-mail address or id")->required();
  command->add_option("role", options->role)->required()->check(CLI::IsMember({"admin", "member"}));
  run_when_chosen(command, chosen, options, change_role);
  command = group->add_subcommand("rm", "Remove a member, whose API keys are revoked");
  command->add_option("member", options->member, "e-mail address or id")->required();
  run_when_chosen(command, chosen, options, remove);

  auto invited = std::make_shared<InviteOptions>();
  command = app.add_subcommand("invite", "Invite somebody by e-mail address to the team you work in");
  command->add_option("email", invited->email)->required();
  command->add_option("--role", invited->role)
      ->check(CLI::IsMember({"admin", "member"}))
      ->capture_default_str();
  run_when_chosen(command, chosen, invited, invite);
  add_invitations(app, chosen);
}

}  // namespace sandbar::cli
