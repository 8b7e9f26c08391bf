// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "sandbar/cli/commands/commands.h"
#include "sandbar/cli/files.h"
#include "sandbar/cli/output.h"
#include "sandbar/cli/terminal.h"
#include "sandbar/cli/up/first_admin.h"
#include "sandbar/cli/up/installation.h"
#include "sandbar/cli/up/joined_host.h"
#include "sandbar/cli/up/launch.h"
#include "sandbar/cli/up/ports.h"
#include "sandbar/json/encode.h"

namespace sandbar::cli {
namespace {

struct UpArguments {
  std::string state = kDefaultState;
  UpOptions options;
  std::string tls_listen;
  bool tls = false, foreground = false, supervise = false;
};

Result<void> need_root(std::string_view command) {
  if (::geteuid() == 0) return {};
  return fail(
      Error{Errc::forbidden,
            fmt::format("`sandbar {0}` makes networks, cgroups and users: run `sudo sandbar {0}`", command)});
}

// What is said now counts; else what was said at the first start; else what is free.
Result<UpOptions> settle_options(const Layout& layout, UpOptions said) {
  UpOptions kept{"", "", "", {}, {}, {}};
  if (auto text = read_file(layout.options())) {
    TRY(kept, json::decode_text<UpOptions>(*text));
  }
  if (said.listen.empty()) said.listen = kept.listen;
  if (said.agent_listen.empty()) said.agent_listen = kept.agent_listen;
  if (said.hypervisor.empty()) said.hypervisor = kept.hypervisor;
  if (said.control_env.empty()) said.control_env = kept.control_env;
  if (said.agent_env.empty()) said.agent_env = kept.agent_env;
  if (!said.tls_listen || (said.tls_listen->empty() && kept.tls_listen)) said.tls_listen = kept.tls_listen;
  if (said.tls_listen && said.tls_listen != kept.tls_listen) {
    TRY(said.tls_listen, settle_address(*said.tls_listen, 8443, "--tls-listen"));
  }
  // An address of before may still be held by what a killed supervisor left; that is ended first.
  if (kept.listen.empty() || said.listen != kept.listen) {
    TRY(said.listen, settle_address(said.listen, 8080, "--listen"));
  }
  if (kept.agent_listen.empty()) {
    TRY(said.agent_listen, settle_address(said.agent_listen, 7443, "--agent-listen"));
  }
  if (!kept.agent_listen.empty() && kept.agent_listen != said.agent_listen)
    return fail(invalid_request(
        fmt::format("the agent of {} is registered at {}; --agent-listen cannot be changed later",
                    layout.root, kept.agent_listen)));
  TRY_VOID(write_file(layout.options(), json::encode(said), 0644));
  return said;
}

// Later commands of this user work without login. What the user chose before stays chosen: then the answer is
// false.
Task<Result<bool>> remember(Context& context, Admin admin, std::string url) {
  CO_TRY(auto* config, context.config());
  auto name = context.profile_for(url);
  auto& profile = config->profiles[name];
  if (profile.api_key && *profile.api_key != admin.api_key) co_return config->current == name;
  auto session = co_await admin_session(context.executor(), url, admin);
  profile.url = url;
  profile.api_key = admin.api_key;
  profile.email = admin.email;
  if (session) profile.session = session->reveal();
  profile.team.reset();
  if (!config->current) config->current = name;
  CO_TRY_VOID(context.save_config());
  co_return config->current == name;
}

RunningInfo info_of(const Layout& layout, const UpOptions& options) {
  RunningInfo info{"http://" + local_address(options.listen)};
  if (built_dashboard() || given_setting(options.control_env, kWebSetting)) info.dashboard = info.url + "/";
  if (!options.tls_listen) return info;
  info.tls_url = "https://" + local_address(*options.tls_listen);
  if (!given_setting(options.control_env, kCertificateSetting)) info.authority = layout.tls_authority();
  return info;
}

std::string own_name() {
  std::error_code error;
  auto own = program_folder() + "/sandbar";
  return std::filesystem::equivalent("/usr/local/bin/sandbar", own, error) ? "sandbar" : own;
}

std::string summary(const Layout& layout, const Admin& admin, const RunningInfo& info,
                    const std::string& access) {
  auto state_option = layout.root == kDefaultState ? "" : " --state " + layout.root;
  std::vector<std::pair<std::string, std::string>> lines;
  if (info.dashboard) lines.emplace_back("  dashboard", *info.dashboard);
  lines.emplace_back("  address", info.url);
  if (info.tls_url) lines.emplace_back("  HTTPS", *info.tls_url);
  if (info.authority) lines.emplace_back("  to be trusted", *info.authority);
  lines.insert(lines.end(), {{"  login", admin.email},
                             {"  password", admin.password},
                             {"  API key", admin.api_key},
                             {"  logs", layout.logs()}});
  auto fields = render_fields(lines);
  return fmt::format(
      "\nSandbar is running.\n\n{}\nTry:   {}{} run -- python3 -c 'print(6*7)'\nStop:  {} down{}\n", fields,
      access, own_name(), own_name(), state_option);
}

Task<Result<int>> show_running(Context& context, Layout layout) {
  CO_TRY(auto text, read_file(layout.info()));
  CO_TRY(auto info, json::decode_text<RunningInfo>(text));
  CO_TRY(auto admin, load_admin(layout));
  // A test's or a script's second installation is none of the user's servers.
  Result<bool> profile = false;
  if (layout.root == kDefaultState || stdout_is_terminal())
    profile = co_await remember(context, admin, info.url);
  auto access =
      profile && *profile ? "" : fmt::format("SANDBAR_URL={} SANDBAR_API_KEY={} ", info.url, admin.api_key);
  boost::json::object answer{{"url", info.url},
                             {"email", admin.email},
                             {"password", admin.password},
                             {"api_key", admin.api_key},
                             {"state", layout.root}};
  if (info.dashboard) answer["dashboard"] = *info.dashboard;
  if (info.tls_url) answer["tls_url"] = *info.tls_url;
  if (info.authority) answer["authority"] = *info.authority;
  show(context, answer, summary(layout, admin, info, access));
  co_return 0;
}

Task<Result<int>> up(Context& context, UpArguments arguments) {
  CO_TRY_VOID(need_root("up"));
  CO_TRY(auto layout, layout_of(arguments.state));
  CO_TRY_VOID(make_folder(layout.root, 0755));
  if (is_locked(layout) && read_file(layout.info())) co_return co_await show_running(context, layout);
  if (is_locked(layout))
    co_return fail(Error{Errc::conflict, "another `sandbar up` is starting or stopping " + layout.root});
  if (is_joined(layout))
    co_return fail(
        invalid_request(layout.root + " is of a host that joined another server; see `sandbar agent`"));
  if (arguments.tls || !arguments.tls_listen.empty()) arguments.options.tls_listen = arguments.tls_listen;
  CO_TRY(auto options, settle_options(layout, arguments.options));
  auto make = [executor = context.executor(), layout, options](Report& report) {
    return std::make_unique<Installation>(executor, layout, options, report);
  };
  Supervision all{layout, info_of(layout, options), make};
  if (arguments.supervise) co_return co_await supervise_launched(context.executor(), std::move(all));
  if (arguments.foreground) {
    auto say_ready = [&] {
      note(fmt::format("Sandbar is running at http://{}; Ctrl-C stops it", local_address(options.listen)));
    };
    co_return co_await supervise(context.executor(), std::move(all), STDERR_FILENO, say_ready);
  }
  CO_TRY(auto ready, co_await launch_supervisor(context.executor(), layout,
                                                {"up", "--state", layout.root, "--supervise"}));
  if (!ready)
    co_return fail(Error{Errc::internal_error, "Sandbar did not start; more is in " + layout.logs()});
  co_return co_await show_running(context, layout);
}

}  // namespace

void add_up_command(CLI::App& app, Chosen& chosen) {
  auto arguments = std::make_shared<UpArguments>();
  auto& options = arguments->options;
  auto* command = app.add_subcommand("up", "Start everything on this machine: PostgreSQL, control, agent");
  command->add_option("--state", arguments->state, "folder for everything that is kept")
      ->capture_default_str();
  command->add_option("--listen", options.listen, "address of the API (first start: 127.0.0.1:8080)");
  command->add_option("--agent-listen", options.agent_listen,
                      "address of the agent (first start: 127.0.0.1:7443)");
  command->add_flag("--tls", arguments->tls,
                    "HTTPS too, with a certificate from an authority of this machine");
  command->add_option("--tls-listen", arguments->tls_listen,
                      "its address (first start: 127.0.0.1:8443); implies --tls");
  command->add_option("--hypervisor", options.hypervisor, "qemu, or fake: no virtual machines, for tests")
      ->check(CLI::IsMember({"qemu", "fake"}));
  command->add_option("--control-env", options.control_env, "NAME=value for control")
      ->allow_extra_args(false);
  command->add_option("--agent-env", options.agent_env, "NAME=value for the agent")->allow_extra_args(false);
  command->add_flag("--foreground", arguments->foreground, "stay, and stop everything at Ctrl-C");
  command->add_flag("--supervise", arguments->supervise)->group("");
  run_when_chosen(command, chosen, arguments, up);
}

}  // namespace sandbar::cli
