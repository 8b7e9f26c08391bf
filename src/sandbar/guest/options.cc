// SPDX-License-Identifier: Apache-2.0
#include "sandbar/guest/options.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <functional>

#include "sandbar/base/try.h"
#include "sandbar/guest/paths.h"
#include "sandbar/guest/version.h"

namespace sandbar::guest {
namespace {

constexpr std::string_view kDefaultListen = "0.0.0.0:49983";

struct Setting {
  std::string_view name, argument, what;
  std::function<Result<void>(Options&, const std::string&)> set;
};

Result<void> add_listen(Options& options, const std::string& value) {
  std::string_view address = value;
  if (address.starts_with("tcp:")) address.remove_prefix(4);
  options.listen.emplace_back(address);
  return {};
}

Result<void> set_root(Options& options, const std::string& value) {
  if (!value.starts_with('/')) return fail(invalid_request("--root must be an absolute path"));
  options.root = clean_path(value);
  return {};
}

const std::array<Setting, 6>& settings() {
  static const std::array<Setting, 6> kSettings{{
      {"--plain", "", "run as an ordinary process: no mounts, network, clock or cgroup",
       [](Options& o, const std::string&) { return o.plain = true, Result<void>{}; }},
      {"--listen", "ADDRESS", "unix:PATH or tcp:ADDRESS:PORT; may be repeated (default tcp:0.0.0.0:49983)",
       add_listen},
      {"--root", "DIR", "home of every user, so that several guests of one machine do not meet", set_root},
      {"--user", "NAME", "default user (default: the one that runs the program)",
       [](Options& o, const std::string& v) { return o.user = v, Result<void>{}; }},
      {"--token", "TOKEN", "access token that clients must send",
       [](Options& o, const std::string& v) { return o.token = v, Result<void>{}; }},
      {"--warm-up", "", "run one command before listening",
       [](Options& o, const std::string&) { return o.warm_up = true, Result<void>{}; }},
  }};
  return kSettings;
}

std::string help() {
  std::string out =
      "sandbar-guest: commands and files of one sandbox, over HTTP and Connect RPC.\n"
      "As PID 1 it also brings up the virtual machine. Otherwise:\n\n";
  for (const auto& [name, argument, what, set] : settings())
    out += fmt::format("  {:24} {}\n", fmt::format("{} {}", name, argument), what);
  return out + "  --print-config, --version, --help\n";
}

std::string config_of(const Options& options) {
  return fmt::format("plain={}\nlisten={}\nroot={}\nuser={}\ntoken={}\nwarm-up={}\n", options.plain,
                     fmt::join(options.listen, ","), options.root, options.user,
                     options.token.empty() ? "" : "***", options.warm_up);
}

Result<void> apply(Options& options, const std::vector<std::string>& arguments) {
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    auto name = arguments[i].substr(0, arguments[i].find('='));
    auto row = std::ranges::find(settings(), name, &Setting::name);
    if (row == settings().end())
      return fail(invalid_request(fmt::format("unknown argument {} (see --help)", arguments[i])));
    std::string value;
    if (name.size() < arguments[i].size()) {
      value = arguments[i].substr(name.size() + 1);
    } else if (!row->argument.empty()) {
      if (++i == arguments.size()) return fail(invalid_request(fmt::format("{} needs a value", name)));
      value = arguments[i];
    }
    TRY_VOID(row->set(options, value));
  }
  return {};
}

}  // namespace

Session Options::session() const {
  Session session;
  session.env = {{"E2B_SANDBOX", "true"}, {"SANDBAR_SANDBOX", "true"}};
  session.access_token = Secret(token);
  session.home = root;
  session.default_user = user;
  session.virtual_machine = !plain;
  return session;
}

Result<Options> parse_options(const std::vector<std::string>& arguments, bool is_init) {
  Options options;
  is_init = is_init && std::ranges::find(arguments, "--plain") == arguments.end();
  auto last = arguments.empty() ? "" : arguments.back();
  if (last == "--help") return options.print = help(), options;
  if (last == "--version") return options.print = fmt::format("sandbar-guest {}\n", kVersion), options;
  bool print_config = last == "--print-config";
  if (!is_init) TRY_VOID(apply(options, {arguments.begin(), arguments.end() - (print_config ? 1 : 0)}));
  if (is_init) options.warm_up = true;
  if (options.listen.empty()) options.listen.emplace_back(kDefaultListen);
  if (!is_init && !options.plain && !print_config)
    return fail(invalid_request("not PID 1: use --plain to run as an ordinary process"));
  if (print_config) options.print = config_of(options);
  return options;
}

}  // namespace sandbar::guest
