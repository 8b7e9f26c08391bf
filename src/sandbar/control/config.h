// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "sandbar/base/settings.h"
#include "sandbar/control/builds/types.h"
#include "sandbar/control/mail/types.h"
#include "sandbar/control/placement/types.h"
#include "sandbar/control/quotas/types.h"
#include "sandbar/http/pipeline.h"
#include "sandbar/log/log.h"

namespace sandbar::log {
BOOST_DESCRIBE_ENUM(Level, debug, info, warn, error)
}

namespace sandbar::control {

// The settings of sandbar-control; the table in config.cc says what each is for.
struct Config {
  std::string listen, database_url;
  Secret secret, token_secrets;
  std::string secret_file;
  int threads = 0, database_pool = 0;
  std::chrono::milliseconds database_wait{}, shutdown_grace{};
  std::vector<std::string> allowed_origins, trusted_proxies;
  http::AccessLog access_log = http::AccessLog::changes;
  log::Level log_level = log::Level::info;
  placement::Strategy placement = placement::Strategy::round_robin;
  std::vector<std::string> quotas;
  quotas::Limits limits;  // what `quotas` says
  std::chrono::milliseconds metrics_store_period{}, metrics_retention{};
  std::chrono::milliseconds stats_period{}, stats_retention{}, usage_retention{};
  std::vector<std::string> webhook_allow_cidrs;
  bool webhook_allow_http = false;
  std::string webhook_ca_file;
  int webhook_attempts = 0;
  std::chrono::milliseconds webhook_period{}, webhook_timeout{}, webhook_retry_base{}, webhook_retry_max{},
      webhook_disable_after{}, webhook_retention{};
  int memory_overcommit = 0, disk_overcommit = 0, cpu_overcommit = 0;
  builds::TeamBuilds team_builds = builds::TeamBuilds::own_hosts;
  int builds_per_host = 0;
  std::chrono::milliseconds build_takeover{}, build_lost_after{};
  std::string public_url, dashboard_url, web;
  std::chrono::milliseconds user_token_lifetime{}, session_lifetime{};
  int signups_per_minute = 0, logins_per_minute = 0, mails_per_minute = 0, refreshes_per_minute = 0,
      oauth_per_minute = 0, login_tries = 0;
  std::chrono::milliseconds login_pause{}, activation_lifetime{}, reset_lifetime{}, mail_pause{};
  std::string github_client_id, github_url, github_api_url;
  Secret github_client_secret;
  std::string oidc_issuer, oidc_client_id, oidc_scopes, oidc_name;
  Secret oidc_client_secret;
  std::string smtp_server, smtp_ca_file, smtp_user, mail_from;
  mail::SmtpTls smtp_tls = mail::SmtpTls::starttls;
  Secret smtp_password;
  std::chrono::milliseconds smtp_timeout{}, mail_period{}, mail_retry{};
  std::string domain, sandbox_url, tls_listen, tls_certificate, tls_key;
  std::chrono::milliseconds tls_reload{}, gateway_cache{}, gateway_wait{};
  bool trust_forwarded = false;
  std::chrono::milliseconds monitor_period{}, host_stale_after{}, create_limit{}, orphan_grace{};
  std::chrono::milliseconds transition_limit{}, stop_limit{}, host_call{}, resume_after_outage{};
  std::chrono::milliseconds agent_quick{}, agent_moving{}, agent_snapshot{};
  std::chrono::milliseconds invitation_lifetime{};
  int api_keys_per_team = 0;
  std::chrono::milliseconds registration_token_life{}, host_token_life{}, refresh_token_life{},
      host_certificate_life{};
  std::string tunnel_url;
  std::chrono::milliseconds replica_period{}, reach_limit{};
  std::vector<std::string> byoc_networks;
  std::chrono::milliseconds audit_seal_period{};
};

// invalid_request names the setting that is wrong. Reads the secret's file.
Result<Config> load_config(const Environment& environment);
std::string print_config(const Environment& environment);

}  // namespace sandbar::control
