// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/async/spawn.h"
#include "sandbar/cli/up/launch.h"
#include "sandbar/cli/up/service.h"

// This machine as a host of a control elsewhere: an agent that is kept running. The folder is one of its own,
// so that a machine may have it beside a whole installation.

namespace sandbar::cli {

inline constexpr const char* kDefaultHostState = "/var/lib/sandbar-host";

// What `agent join` was told, kept in the state folder for the next start.
struct JoinOptions {
  std::string control_url;
  std::string address;  // empty: the agent connects to control
  std::string listen;
  std::string hypervisor;  // empty: whatever the machine can do
  std::vector<std::string> agent_env;
};
BOOST_DESCRIBE_STRUCT(JoinOptions, (), (control_url, address, listen, hypervisor, agent_env))

Result<JoinOptions> load_join(const Layout& layout);
// The token is used up by the next start.
Result<void> save_join(const Layout& layout, const JoinOptions& options, const std::string& token);
bool is_joined(const Layout& layout);
// The host that this machine is; nothing before it has joined.
std::optional<std::string> joined_host_id(const Layout& layout);

class JoinedHost final : public Supervised {
 public:
  JoinedHost(Executor executor, Layout layout, JoinOptions options, Report& report);

  // Until control has taken the agent in, and a little longer for control to reach it.
  Task<Result<void>> start() override;
  Task<void> stop() override;

 private:
  Result<void> prepare_folders();
  std::vector<std::string> agent_arguments() const;
  std::vector<std::string> agent_environment() const;
  Task<Result<void>> await_registration();
  Task<void> await_reached();
  Task<void> keep_watch();
  std::string new_log() const;

  Executor executor_;
  Layout layout_;
  JoinOptions options_;
  Report& report_;
  std::size_t log_begin_ = 0;
  std::unique_ptr<Service> agent_;
  Supervisor tasks_;
};

}  // namespace sandbar::cli
