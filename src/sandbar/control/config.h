// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "sandbar/base/settings.h"
#include "sandbar/control/builds/types.h"
#include "sandbar/control/placement/types.h"
#include "sandbar/http/pipeline.h"
#include "sandbar/log/log.h"

namespace sandbar::log {
BOOST_DESCRIBE_ENUM(Level, debug, info, warn, error)
}

namespace sandbar::control {

// The settings of sandbar-control; the table in config.cc says what each is for.
struct Config {
  std::string listen, database_url;
  Secret secret;
  std::string secret_file;
  int threads = 0, database_pool = 0;
  std::chrono::milliseconds database_wait{}, shutdown_grace{};
  std::vector<std::string> allowed_origins;
  http::AccessLog access_log = http::AccessLog::changes;
  log::Level log_level = log::Level::info;
  placement::Strategy placement = placement::Strategy::round_robin;
  int memory_overcommit = 0, disk_overcommit = 0, cpu_overcommit = 0;
  builds::TeamBuilds team_builds = builds::TeamBuilds::own_hosts;
  int builds_per_host = 0;
  std::chrono::milliseconds build_takeover{}, build_lost_after{};
  std::chrono::milliseconds monitor_period{}, host_stale_after{}, create_limit{}, orphan_grace{};
  std::chrono::milliseconds transition_limit{}, stop_limit{}, host_call{};
  std::chrono::milliseconds agent_quick{}, agent_moving{}, agent_snapshot{};
};

// invalid_request names the setting that is wrong. Reads the secret's file.
Result<Config> load_config(const Environment& environment);
std::string print_config(const Environment& environment);

}  // namespace sandbar::control
