// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/config.h"

#include <cerrno>
#include <fstream>
#include <iterator>
#include <thread>

namespace sandbar::control {
namespace {

constexpr Setting<Config> kSettings[] = {
    setting<&Config::listen>("SANDBAR_LISTEN", "127.0.0.1:8080",
                             "address the API listens on; port 0 takes a free one"),
    setting<&Config::database_url>("SANDBAR_DATABASE_URL", "",
                                   "PostgreSQL, as a libpq connection string or URI (required)"),
    setting<&Config::secret>(
        "SANDBAR_SECRET", "",
        "what all keys are derived from, at least 32 characters (or SANDBAR_SECRET_FILE)"),
    setting<&Config::secret_file>("SANDBAR_SECRET_FILE", "", "file that holds the secret"),
    setting<&Config::threads>("SANDBAR_THREADS", "0", "event loops; 0: one for each processor"),
    setting<&Config::database_pool>("SANDBAR_DATABASE_POOL", "4",
                                    "connections for transactions, for each event loop"),
    setting<&Config::database_wait>("SANDBAR_DATABASE_WAIT", "30s",
                                    "how long to wait for the database at start"),
    setting<&Config::shutdown_grace>("SANDBAR_SHUTDOWN_GRACE", "10s", "time for running requests to end"),
    setting<&Config::allowed_origins>(
        "SANDBAR_ALLOWED_ORIGINS", "",
        "origins of pages elsewhere that may open WebSockets, separated by commas"),
    setting<&Config::access_log>(
        "SANDBAR_ACCESS_LOG", "changes",
        "requests with a log line of their own: all, changes or none; failed ones always"),
    setting<&Config::log_level>("SANDBAR_LOG_LEVEL", "info", "debug, info, warn or error"),
    setting<&Config::placement>("SANDBAR_PLACEMENT", "round_robin",
                                "how hosts are chosen: round_robin or least_loaded"),
    setting<&Config::memory_overcommit>("SANDBAR_MEMORY_OVERCOMMIT", "400",
                                        "percent of a host's memory that its sandboxes may be promised"),
    setting<&Config::disk_overcommit>("SANDBAR_DISK_OVERCOMMIT", "400",
                                      "percent of a host's disk that its sandboxes may be promised"),
    setting<&Config::cpu_overcommit>(
        "SANDBAR_CPU_OVERCOMMIT", "400",
        "percent of a host's processors that count as its all, for least_loaded"),
    setting<&Config::team_builds>(
        "SANDBAR_TEAM_BUILDS", "own_hosts",
        "where teams may build templates: refused, own_hosts or allowed (everywhere)"),
    setting<&Config::builds_per_host>("SANDBAR_BUILDS_PER_HOST", "1",
                                      "template builds of one host at a time"),
    setting<&Config::build_takeover>("SANDBAR_BUILD_TAKEOVER", "15s",
                                     "silence after which another replica follows a template build"),
    setting<&Config::build_lost_after>("SANDBAR_BUILD_LOST_AFTER", "5m",
                                       "a host that is away for longer has lost its template builds"),
    setting<&Config::monitor_period>("SANDBAR_MONITOR_PERIOD", "10s",
                                     "how often hosts and sandboxes are compared with the database"),
    setting<&Config::host_stale_after>("SANDBAR_HOST_STALE_AFTER", "90s",
                                       "silence after which a host is unreachable"),
    setting<&Config::create_limit>("SANDBAR_CREATE_LIMIT", "5m", "a start that takes longer has failed"),
    setting<&Config::transition_limit>("SANDBAR_TRANSITION_LIMIT", "60s",
                                       "a pause or resume whose request has died is settled after this time"),
    setting<&Config::stop_limit>("SANDBAR_STOP_LIMIT", "15s",
                                 "a destroy that its host has not confirmed is repeated after this time"),
    setting<&Config::host_call>("SANDBAR_HOST_CALL_LIMIT", "10s",
                                "how long one host may take to be compared with the database"),
    setting<&Config::agent_quick>("SANDBAR_AGENT_QUICK_LIMIT", "10s",
                                  "wait for an agent's answer: lists, timeouts"),
    setting<&Config::agent_moving>("SANDBAR_AGENT_MOVING_LIMIT", "2m",
                                   "wait for an agent's answer: create, pause, resume, destroy"),
    setting<&Config::agent_snapshot>("SANDBAR_AGENT_SNAPSHOT_LIMIT", "10m",
                                     "wait for an agent's answer: snapshots"),
    setting<&Config::orphan_grace>("SANDBAR_ORPHAN_GRACE", "60s",
                                   "what runs on a host without a row is destroyed after this time"),
};

Result<Secret> read_secret(const std::string& path) {
  std::ifstream file(path);
  if (!file) return fail(errno_error("reading SANDBAR_SECRET_FILE " + path, errno));
  std::string text(std::istreambuf_iterator<char>(file), {});
  return Secret(std::string(trim(text)));
}

}  // namespace

Result<Config> load_config(const Environment& environment) {
  TRY(auto config, read_settings<Config>(kSettings, environment));
  if (config.database_url.empty()) return fail(invalid_request("SANDBAR_DATABASE_URL is required"));
  if (!config.secret_file.empty()) {
    TRY(config.secret, read_secret(config.secret_file));
  }
  if (config.threads <= 0)
    config.threads = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  if (config.database_pool < 1) return fail(invalid_request("SANDBAR_DATABASE_POOL must be at least 1"));
  for (int percent : {config.memory_overcommit, config.disk_overcommit, config.cpu_overcommit})
    if (percent < 1 || percent > 100'000)
      return fail(invalid_request("SANDBAR_…_OVERCOMMIT must be from 1 to 100000"));
  if (config.builds_per_host < 1) return fail(invalid_request("SANDBAR_BUILDS_PER_HOST must be at least 1"));
  return config;
}

std::string print_config(const Environment& environment) {
  return print_settings<Config>(kSettings, environment);
}

}  // namespace sandbar::control
