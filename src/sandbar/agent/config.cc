// SPDX-License-Identifier: Apache-2.0
#include "sandbar/agent/config.h"

#include <array>
#include <filesystem>

#include "sandbar/model/tunnel.h"

namespace sandbar::agent {
namespace {

constexpr auto kSettings = std::to_array<Setting<Config>>({
    setting<&Config::control_url>("SANDBAR_CONTROL_URL", "http://127.0.0.1:8080", "where control's API is"),
    setting<&Config::control_ca>(
        "SANDBAR_CONTROL_CA", "",
        "file with the authority of control's https certificate; empty = the system's"),
    setting<&Config::listen>("SANDBAR_AGENT_LISTEN", "0.0.0.0:7443",
                             "address on which control reaches this agent"),
    setting<&Config::connect>("SANDBAR_AGENT_CONNECT", "automatic",
                              "direct: control calls this agent; tunnel: this agent connects to control; "
                              "automatic: tunnel if it was registered without an address"),
    setting<&Config::tunnel_connections>("SANDBAR_TUNNEL_CONNECTIONS", "8",
                                         "connections kept ready for each process of control, with tunnel"),
    setting<&Config::state>("SANDBAR_STATE_DIR", "/var/lib/sandbar/agent",
                            "templates, sandboxes and credentials"),
    setting<&Config::hypervisor>("SANDBAR_HYPERVISOR", "qemu", "qemu, or fake (plain processes, for tests)"),
    setting<&Config::fake_guests>("SANDBAR_FAKE_GUESTS", "processes",
                                  "what runs in a fake sandbox: processes, or none (for many of them)"),
    setting<&Config::on_stop>("SANDBAR_ON_STOP", "pause",
                              "running sandboxes at an orderly stop: pause, or keep for the next agent"),
    setting<&Config::heartbeat_interval>("SANDBAR_HEARTBEAT_INTERVAL", "30s", "time between two heartbeats"),
    setting<&Config::failures_to_isolate>("SANDBAR_ISOLATION_FAILURES", "3",
                                          "heartbeats in a row without answer until everything is paused"),
    setting<&Config::pause_all_limit>("SANDBAR_PAUSE_ALL_LIMIT", "2m",
                                      "how long pausing everything may take"),
    setting<&Config::reaper_period>("SANDBAR_REAPER_PERIOD", "1s", "how often idle sandboxes are looked for"),
    setting<&Config::sample_period>(
        "SANDBAR_SAMPLE_PERIOD", "5s",
        "how often what sandboxes use is measured, at most as often as idle ones are "
        "looked for"),
    setting<&Config::guest_ready>("SANDBAR_GUEST_READY_LIMIT", "30s",
                                  "how long the guest of a new sandbox may take to answer"),
    setting<&Config::parked_vms>(
        "SANDBAR_PARKED_VMS", "4",
        "VMs kept ready, at most, for sandboxes that nobody has asked for yet; 0: none"),
    setting<&Config::keep_paused>(
        "SANDBAR_KEEP_PAUSED", "5m",
        "how long the VM of a paused sandbox may stay halted in memory, for a quick resume; 0s: not at all"),
    setting<&Config::transfer_rate>(
        "SANDBAR_TRANSFER_RATE", "0",
        "MiB per second at which other hosts may fetch templates; 0: as fast as it goes"),
    setting<&Config::transfer_route>(
        "SANDBAR_TRANSFER_ROUTE", "direct",
        "how templates of other hosts are read: direct, or always through control"),
    setting<&Config::port_connections>("SANDBAR_PORT_CONNECTIONS", "1000",
                                       "open requests to the ports of one sandbox; further ones are refused"),
    setting<&Config::log_level>("SANDBAR_LOG_LEVEL", "info", "debug, info, warn or error"),
});

struct Flag {
  std::string_view name, argument, help;
  void (*set)(Options& options, Environment& environment, const std::string& value);
};

constexpr auto kFlags = std::to_array<Flag>({
    {"--register", "TOKEN", "register this machine with control first",
     [](Options& o, Environment&, const std::string& v) { o.register_token = v; }},
    {"--address", "HOST:PORT", "where control reaches this agent; without, the agent connects to control",
     [](Options& o, Environment&, const std::string& v) { o.address = v; }},
    {"--hypervisor", "qemu|fake", "instead of SANDBAR_HYPERVISOR",
     [](Options&, Environment& e, const std::string& v) { e["SANDBAR_HYPERVISOR"] = v; }},
    {"--state", "DIR", "instead of SANDBAR_STATE_DIR",
     [](Options&, Environment& e, const std::string& v) { e["SANDBAR_STATE_DIR"] = v; }},
    {"--id", "tpl-UUID", "which template to build",
     [](Options& o, Environment&, const std::string& v) { o.template_id = v; }},
    {"--print-config", "", "print all settings and end",
     [](Options& o, Environment&, const std::string&) { o.command = Command::print_config; }},
    {"--version", "", "print the version and end",
     [](Options& o, Environment&, const std::string&) { o.command = Command::version; }},
    {"--help", "", "print this and end",
     [](Options& o, Environment&, const std::string&) { o.command = Command::help; }},
});

Error bad_usage(std::string_view why) { return invalid_request(fmt::format("{} (see --help)", why)); }

Result<void> read_flag(std::vector<std::string>& rest, Options& options, Environment& environment) {
  auto text = rest.front();
  rest.erase(rest.begin());
  auto equals = text.find('=');
  auto name = text.substr(0, equals);
  for (const auto& flag : kFlags) {
    if (flag.name != name) continue;
    std::string value = equals == text.npos ? "" : text.substr(equals + 1);
    if (flag.argument.empty() && equals != text.npos) return fail(bad_usage(name + " takes no value"));
    if (!flag.argument.empty() && equals == text.npos) {
      if (rest.empty()) return fail(bad_usage(name + " needs a value"));
      value = rest.front();
      rest.erase(rest.begin());
    }
    flag.set(options, environment, value);
    return {};
  }
  return fail(bad_usage("unknown option " + name));
}

Result<void> read_words(const std::vector<std::string>& words, Options& options) {
  if (words.empty()) return {};
  if (words.size() != 3 || words[0] != "template" || words[1] != "build")
    return fail(bad_usage("unknown command " + words[0]));
  if (options.template_id.empty()) return fail(bad_usage("template build needs --id"));
  options.command = Command::build_template;
  options.definition = words[2];
  return {};
}

// Which way control and this agent meet is settled at registration.
Result<void> settle_address(Options& options) {
  auto connect = options.config.connect;
  if (options.register_token.empty())
    return options.address.empty() ? Result<void>() : fail(bad_usage("--address goes with --register"));
  if (connect == Connect::direct && options.address.empty())
    return fail(bad_usage("SANDBAR_AGENT_CONNECT=direct needs --address"));
  if (connect == Connect::tunnel && !options.address.empty())
    return fail(bad_usage("SANDBAR_AGENT_CONNECT=tunnel and --address exclude each other"));
  if (options.address.empty()) options.address = kTunnelAddress;
  return {};
}

}  // namespace

Result<Options> parse_options(std::vector<std::string> rest, Environment environment) {
  Options options;
  std::vector<std::string> words;
  while (!rest.empty()) {
    if (rest.front().starts_with("--")) {
      TRY_VOID(read_flag(rest, options, environment));
    } else {
      words.push_back(rest.front());
      rest.erase(rest.begin());
    }
  }
  TRY_VOID(read_words(words, options));
  TRY(options.config, read_settings<Config>(kSettings, environment));
  TRY_VOID(settle_address(options));
  if (options.config.tunnel_connections < 1 || options.config.tunnel_connections > 32)
    return fail(invalid_request("SANDBAR_TUNNEL_CONNECTIONS must be 1 to 32"));
  options.config.state = std::filesystem::absolute(options.config.state).lexically_normal().string();
  options.config_text = print_settings<Config>(kSettings, environment);
  return options;
}

std::string usage() {
  std::string text =
      "sandbar-agent: runs the sandboxes of this machine for control.\n"
      "  sandbar-agent [--register TOKEN [--address HOST:PORT]]\n"
      "  sandbar-agent template build FILE --id tpl-UUID [--state DIR]\n\n";
  for (const auto& flag : kFlags)
    text += fmt::format("  {:28}{}\n", fmt::format("{} {}", flag.name, flag.argument), flag.help);
  return text;
}

}  // namespace sandbar::agent
