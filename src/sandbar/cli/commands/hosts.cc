// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "sandbar/base/strings.h"
#include "sandbar/cli/commands/commands.h"
#include "sandbar/cli/output.h"
#include "sandbar/cli/views.h"

namespace sandbar::cli {
namespace {

struct NoOptions {};

struct AddOptions {
  std::string address = "ADDRESS:7443";
  std::string type = "regular";
  std::string team;
};

struct RemoveOptions {
  std::string id;
  bool force = false;
};

struct NewHostAnswer {
  HostView host;
  std::string registration_token;
};
BOOST_DESCRIBE_STRUCT(NewHostAnswer, (), (host, registration_token))

std::vector<std::string> row_of(const HostView& host, Time now) {
  return {host.id,
          host.status.value_or(""),
          host.type.value_or(""),
          host.address.value_or(""),
          host.cpu_cores ? fmt::format("{}", *host.cpu_cores) : "",
          host.memory_mb ? human_size(static_cast<std::uint64_t>(*host.memory_mb) << 20) : "",
          human_age(host.last_heartbeat_at.value_or(""), now)};
}

Task<Result<int>> list(Context& context, NoOptions) {
  CO_TRY(auto* api, context.api());
  CO_TRY(auto items, co_await api->list("/v1/hosts", Auth::session));
  CO_TRY(auto hosts, view_of<std::vector<HostView>>(items));
  Table table{{"ID", "STATUS", "TYPE", "ADDRESS", "CPUS", "MEMORY", "LAST SEEN"}, {}};
  auto now = SystemClock().now();
  for (const auto& host : hosts) table.rows.push_back(row_of(host, now));
  show(context, items, render(table));
  co_return 0;
}

std::string command_for(const NewHostAnswer& answer, const std::string& url, const std::string& address) {
  return fmt::format("SANDBAR_CONTROL_URL={} sandbar-agent --register {} --address {}\n", url,
                     answer.registration_token, address);
}

Task<Result<int>> add(Context& context, AddOptions options) {
  CO_TRY(auto* api, context.api());
  boost::json::object body{{"type", options.type}};
  if (!options.team.empty()) body["team_id"] = options.team;
  CO_TRY(auto answer, co_await api->post("/v1/hosts", std::move(body), Auth::session));
  CO_TRY(auto made, view_of<NewHostAnswer>(answer));
  show(context, answer, command_for(made, api->url(), options.address));
  if (!context.json())
    note(
        "Run this as root on the new host within an hour; it works once. ADDRESS is how the server reaches "
        "it.");
  co_return 0;
}

Task<Result<int>> remove(Context& context, RemoveOptions options) {
  CO_TRY(auto* api, context.api());
  auto path = fmt::format("/v1/hosts/{}{}", percent_encode(options.id), options.force ? "?force=true" : "");
  CO_TRY_VOID(co_await api->remove(path, Auth::session));
  co_return 0;
}

}  // namespace

void add_host_commands(CLI::App& app, Chosen& chosen) {
  auto* group = app.add_subcommand("hosts", "List, add and remove the machines that run sandboxes");
  run_when_alone(group, chosen, list);
  run_when_chosen(group->add_subcommand("ls", "List hosts")->alias("list"), chosen,
                  std::make_shared<NoOptions>(), list);

  auto add_options = std::make_shared<AddOptions>();
  auto* command = group->add_subcommand("add", "Make a host and print the command that registers it");
  command->add_option("--address", add_options->address, "HOST:PORT where the server reaches it");
  command->add_option("--type", add_options->type)
      ->check(CLI::IsMember({"regular", "byoc"}))
      ->capture_default_str();
  command->add_option("--team", add_options->team, "owner of a byoc host");
  run_when_chosen(command, chosen, add_options, add);

  auto remove_options = std::make_shared<RemoveOptions>();
  command = group->add_subcommand("rm", "Remove a host");
  command->add_option("id", remove_options->id)->required();
  command->add_flag("--force", remove_options->force, "destroy the sandboxes on it");
  run_when_chosen(command, chosen, remove_options, remove);
}

}  // namespace sandbar::cli
