// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "sandbar/base/strings.h"
#include "sandbar/cli/commands/commands.h"
#include "sandbar/cli/output.h"
#include "sandbar/cli/terminal.h"
#include "sandbar/cli/views.h"

namespace sandbar::cli {
namespace {

struct ListOptions {
  std::string status, tag;
};

struct AddOptions {
  std::string address, team, provider, zone;
  bool byoc = false;
};

struct IdOptions {
  std::string id;
};

struct RemoveOptions {
  std::string id;
  bool force = false;
};

struct TagOptions {
  std::string id;
  std::vector<std::string> add, remove;
};

struct TokenOptions {
  std::string id, address;
  bool reset = false;
};

struct NewHostAnswer {
  HostView host;
  std::string registration_token;
};
BOOST_DESCRIBE_STRUCT(NewHostAnswer, (), (host, registration_token))

struct PreviewAnswer {
  HostView host;
  std::vector<std::string> sandbox_ids;
};
BOOST_DESCRIBE_STRUCT(PreviewAnswer, (), (host, sandbox_ids))

struct WhoAmI {
  std::optional<std::string> team_id;
};
BOOST_DESCRIBE_STRUCT(WhoAmI, (), (team_id))

std::string path_of(const std::string& id, std::string_view rest = {}) {
  return fmt::format("/v1/hosts/{}{}", percent_encode(id), rest);
}

std::string count_of(const std::optional<std::int64_t>& number) {
  return number ? fmt::format("{}", *number) : "";
}

std::string memory_of(const HostView& host) {
  return host.memory_mb ? human_size(static_cast<std::uint64_t>(*host.memory_mb) << 20) : "";
}

std::string tags_of(const HostView& host) {
  return fmt::format("{}", fmt::join(host.tags.value_or(std::vector<std::string>{}), " "));
}

std::vector<std::string> row_of(const HostView& host, Time now) {
  return {host.id,
          host.hostname.value_or(""),
          host.status.value_or(""),
          host.type.value_or(""),
          host.address.value_or(""),
          count_of(host.cpu_cores),
          memory_of(host),
          count_of(host.running),
          human_age(host.last_heartbeat_at.value_or(""), now),
          tags_of(host)};
}

std::string details_of(const HostView& host, Time now) {
  return render_fields({{"id", host.id},
                        {"name", host.hostname.value_or("")},
                        {"status", host.status.value_or("")},
                        {"type", host.type.value_or("")},
                        {"team", host.team_name.value_or(host.team_id.value_or(""))},
                        {"address", host.address.value_or("")},
                        {"provider", host.provider.value_or("")},
                        {"zone", host.availability_zone.value_or("")},
                        {"machine", host.arch.value_or("")},
                        {"cpus", count_of(host.cpu_cores)},
                        {"memory", memory_of(host)},
                        {"disk", host.disk_gb ? fmt::format("{} GiB", *host.disk_gb) : ""},
                        {"running", count_of(host.running)},
                        {"paused", count_of(host.paused)},
                        {"agent", host.agent_version.value_or("")},
                        {"last seen", human_age(host.last_heartbeat_at.value_or(""), now)},
                        {"tags", tags_of(host)}});
}

// What is pasted on the new machine, in a copy of the source.
std::string command_for(const NewHostAnswer& answer, const std::string& url, const std::string& address) {
  auto where = address.empty() ? "" : " --address " + address;
  return fmt::format("./dev agent join {} --token {}{}\n", url, answer.registration_token, where);
}

void explain_command(const Context& context, const std::string& url) {
  if (context.json()) return;
  note("Run this as root on the new machine, in a copy of Sandbar's source, within an hour; it works once.");
  if (url.contains("//127.") || url.contains("//localhost"))
    note("The new machine must reach this server: put the address that it knows in place of " + url + ".");
}

Task<Result<int>> list(Context& context, ListOptions options) {
  CO_TRY(auto* api, context.api());
  std::string query;
  if (!options.status.empty()) query += "&status=" + percent_encode(options.status);
  if (!options.tag.empty()) query += "&tag=" + percent_encode(options.tag);
  if (!query.empty()) query.front() = '?';
  CO_TRY(auto items, co_await api->list("/v1/hosts" + query, Auth::session));
  CO_TRY(auto hosts, view_of<std::vector<HostView>>(items));
  Table table{{"ID", "NAME", "STATUS", "TYPE", "ADDRESS", "CPUS", "MEMORY", "RUNNING", "LAST SEEN", "TAGS"},
              {}};
  auto now = SystemClock().now();
  for (const auto& host : hosts) table.rows.push_back(row_of(host, now));
  show(context, items, render(table));
  co_return 0;
}

Task<Result<int>> info(Context& context, IdOptions options) {
  CO_TRY(auto* api, context.api());
  CO_TRY(auto answer, co_await api->get(path_of(options.id), Auth::session));
  CO_TRY(auto host, view_of<HostView>(answer));
  show(context, answer, details_of(host, SystemClock().now()));
  co_return 0;
}

// A team's own host is the current team's unless another one is named.
Task<Result<std::string>> owner_of(Api& api, const AddOptions& options) {
  if (!options.byoc && options.team.empty()) co_return "";
  if (!options.team.empty()) co_return options.team;
  CO_TRY(auto answer, co_await api.get("/v1/me", Auth::session));
  CO_TRY(auto me, view_of<WhoAmI>(answer));
  if (!me.team_id) co_return fail(invalid_request("you are in no team: name one with --team"));
  co_return *me.team_id;
}

Task<Result<int>> add(Context& context, AddOptions options) {
  CO_TRY(auto* api, context.api());
  CO_TRY(auto team, co_await owner_of(*api, options));
  boost::json::object body{{"type", team.empty() ? "regular" : "byoc"},
                           {"provider", options.provider},
                           {"availability_zone", options.zone}};
  if (!team.empty()) body["team_id"] = team;
  CO_TRY(auto answer, co_await api->post("/v1/hosts", std::move(body), Auth::session));
  CO_TRY(auto made, view_of<NewHostAnswer>(answer));
  auto command = command_for(made, api->url(), options.address);
  if (answer.is_object()) answer.as_object()["command"] = trim(command);
  show(context, answer, command);
  explain_command(context, api->url());
  co_return 0;
}

Task<Result<int>> token(Context& context, TokenOptions options) {
  CO_TRY(auto* api, context.api());
  auto path = path_of(options.id, options.reset ? "/token?reset=true" : "/token");
  CO_TRY(auto answer, co_await api->post(path, boost::json::object(), Auth::session));
  CO_TRY(auto renewed, view_of<NewHostAnswer>(answer));
  show(context, answer, command_for(renewed, api->url(), options.address));
  explain_command(context, api->url());
  co_return 0;
}

Task<Result<int>> change(Context& context, std::string id, std::string_view verb) {
  CO_TRY(auto* api, context.api());
  CO_TRY(auto answer, co_await api->post(path_of(id, verb), boost::json::object(), Auth::session));
  CO_TRY(auto host, view_of<HostView>(answer));
  show(context, answer, fmt::format("{} {}\n", host.id, host.status.value_or("")));
  co_return 0;
}

Task<Result<int>> drain(Context& context, IdOptions options) {
  return change(context, std::move(options.id), "/drain");
}

Task<Result<int>> undrain(Context& context, IdOptions options) {
  return change(context, std::move(options.id), "/undrain");
}

Task<Result<int>> tags(Context& context, TagOptions options) {
  CO_TRY(auto* api, context.api());
  for (const auto& tag : options.add)
    CO_TRY_VOID(
        co_await api->post(path_of(options.id, "/tags"), boost::json::object{{"tag", tag}}, Auth::session));
  for (const auto& tag : options.remove)
    CO_TRY_VOID(co_await api->remove(path_of(options.id, "/tags/" + percent_encode(tag)), Auth::session));
  CO_TRY(auto answer, co_await api->get(path_of(options.id, "/tags"), Auth::session));
  CO_TRY(auto all, view_of<std::vector<std::string>>(answer));
  show(context, answer, all.empty() ? "" : fmt::format("{}\n", fmt::join(all, "\n")));
  co_return 0;
}

// At a terminal the person sees what goes with the host, and decides.
Task<Result<bool>> is_agreed(Context& context, Api& api, const RemoveOptions& options) {
  if (context.json() || !stdin_is_terminal() || !stderr_is_terminal()) co_return true;
  CO_TRY(auto answer, co_await api.get(path_of(options.id, "/delete-preview"), Auth::session));
  CO_TRY(auto preview, view_of<PreviewAnswer>(answer));
  if (preview.sandbox_ids.empty()) co_return true;
  note(fmt::format("These sandboxes are destroyed with {}:", options.id));
  for (const auto& id : preview.sandbox_ids) note("  " + printable(id));
  if (!options.force) co_return fail(Error{Errc::host_has_sandboxes, "add --force to destroy them"});
  co_return ask("Destroy them? Type yes: ") == "yes";
}

Task<Result<int>> remove(Context& context, RemoveOptions options) {
  CO_TRY(auto* api, context.api());
  CO_TRY(bool agreed, co_await is_agreed(context, *api, options));
  if (!agreed) co_return fail(Error{Errc::canceled, "nothing was removed"});
  CO_TRY_VOID(co_await api->remove(path_of(options.id, options.force ? "?force=true" : ""), Auth::session));
  show(context, boost::json::object{{"id", options.id}}, options.id + "\n");
  co_return 0;
}

template <class Options>
CLI::App* add_for_one(CLI::App* group, Chosen& chosen, std::string name, std::string help,
                      std::shared_ptr<Options> options, Task<Result<int>> (*run)(Context&, Options)) {
  auto* command = group->add_subcommand(std::move(name), std::move(help));
  command->add_option("id", options->id)->required();
  run_when_chosen(command, chosen, options, run);
  return command;
}

void add_add_command(CLI::App* group, Chosen& chosen) {
  auto options = std::make_shared<AddOptions>();
  auto* command =
      group->add_subcommand("add", "Make a host and print the command that its machine joins with");
  command->add_option("--address", options->address,
                      "HOST:PORT where the server reaches it; without, it connects by itself");
  command->add_flag("--byoc", options->byoc, "the team's own machine, for its sandboxes only");
  command->add_option("--team", options->team, "owner of a team's own machine (the current team)");
  command->add_option("--provider", options->provider, "whose machine it is, for people");
  command->add_option("--zone", options->zone, "where it stands, for people");
  run_when_chosen(command, chosen, options, add);
}

}  // namespace

void add_host_commands(CLI::App& app, Chosen& chosen) {
  auto* group = app.add_subcommand("hosts", "The machines that run sandboxes");
  run_when_alone(group, chosen, list);
  auto list_options = std::make_shared<ListOptions>();
  auto* command = group->add_subcommand("ls", "List hosts")->alias("list");
  command->add_option("--status", list_options->status, "only those in this status");
  command->add_option("--tag", list_options->tag, "only those with this tag");
  run_when_chosen(command, chosen, list_options, list);
  add_for_one(group, chosen, "info", "Show a host", std::make_shared<IdOptions>(), info);
  add_add_command(group, chosen);
  add_for_one(group, chosen, "drain", "Give a host no new sandboxes", std::make_shared<IdOptions>(), drain);
  add_for_one(group, chosen, "undrain", "Give a host new sandboxes again", std::make_shared<IdOptions>(),
              undrain);

  auto tag_options = std::make_shared<TagOptions>();
  command = add_for_one(group, chosen, "tags", "Show and change a host's tags", tag_options, tags);
  command->add_option("--add", tag_options->add, "tags to add");
  command->add_option("--remove", tag_options->remove, "tags to take away");

  auto token_options = std::make_shared<TokenOptions>();
  command = add_for_one(group, chosen, "token", "Print a new command that a host's machine joins with",
                        token_options, token);
  command->add_flag("--reset", token_options->reset,
                    "a host that has joined must join again; it keeps its sandboxes");
  command->add_option("--address", token_options->address, "HOST:PORT where the server reaches it");

  auto remove_options = std::make_shared<RemoveOptions>();
  command = add_for_one(group, chosen, "rm", "Remove a host", remove_options, remove);
  command->add_flag("--force", remove_options->force, "destroy the sandboxes on it");
}

}  // namespace sandbar::cli
