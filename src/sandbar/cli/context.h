// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sandbar/cli/api.h"
#include "sandbar/cli/config_file.h"

// What every command gets: the global options, the configuration, and the server's API made from them on
// first use. A command is added by a function `add_…(CLI::App&, Chosen&)`, which declares its options and,
// when the command is the one on the command line, puts its coroutine into `Chosen`. It answers with the
// program's exit code.

namespace sandbar::cli {

inline constexpr std::string_view kDefaultUrl = "http://127.0.0.1:8080";

struct GlobalOptions {
  bool json = false;
  std::string url;
  std::string api_key;
  std::string profile;
};

class Context {
 public:
  Context(Executor executor, GlobalOptions options, std::vector<std::string> rest);

  Executor executor() const { return executor_; }
  bool json() const { return options_.json; }
  const GlobalOptions& options() const { return options_; }
  // What stood after "--" on the command line.
  const std::vector<std::string>& rest() const { return rest_; }

  Result<Api*> api();
  // The address of the server that is meant.
  Result<std::string> url();
  // And what we know to get in. A stored credential goes to its own server only.
  Result<Credentials> credentials();
  Result<ConfigFile*> config();
  Result<void> save_config();
  // The profile that new credentials for `url` belong to.
  std::string profile_for(const std::string& url);
  // After the credentials have changed.
  void forget_api() { api_.reset(); }

 private:
  std::string profile_name() const;
  // The profile whose stored credentials are used; empty if there is none of this server.
  Result<std::string> profile_in_use();
  void keep_session(const Credentials& renewed);

  Executor executor_;
  GlobalOptions options_;
  std::vector<std::string> rest_;
  std::optional<ConfigFile> config_;
  std::unique_ptr<Api> api_;
};

using Action = std::function<Task<Result<int>>(Context&)>;

struct Chosen {
  Action action;
};

template <class Options>
void run_when_chosen(CLI::App* command, Chosen& chosen, std::shared_ptr<Options> options,
                     Task<Result<int>> (*run)(Context&, Options)) {
  command->callback([&chosen, options, run] {
    chosen.action = [options, run](Context& context) { return run(context, *options); };
  });
}

// The same for a group of commands named without one of them: `sandbar keys` lists keys.
template <class Options>
void run_when_alone(CLI::App* group, Chosen& chosen, Task<Result<int>> (*run)(Context&, Options)) {
  group->require_subcommand(0, 1)->callback([group, &chosen, run] {
    if (group->get_subcommands().empty())
      chosen.action = [run](Context& context) { return run(context, Options{}); };
  });
}

// `item` as one JSON document with --json, else as `text`.
void show(const Context& context, const boost::json::value& item, std::string_view text);

}  // namespace sandbar::cli
