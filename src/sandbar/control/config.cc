// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/config.h"

#include <cerrno>
#include <fstream>
#include <iterator>
#include <thread>

#include "sandbar/control/hosts/address.h"
#include "sandbar/control/quotas/service.h"

namespace sandbar::control {
namespace {

constexpr Setting<Config> kSettings[] = {
    setting<&Config::listen>("SANDBAR_LISTEN", "127.0.0.1:8080",
                             "address the API listens on; port 0 takes a free one"),
    setting<&Config::tls_listen>("SANDBAR_TLS_LISTEN", "",
                                 "a second address, which speaks HTTPS; port 0 takes a free one"),
    setting<&Config::tls_certificate>(
        "SANDBAR_TLS_CERTIFICATE", "",
        "PEM file with its certificate and chain; sandbox ports need one for *.DOMAIN"),
    setting<&Config::tls_key>("SANDBAR_TLS_KEY", "", "PEM file with the certificate's private key"),
    setting<&Config::tls_reload>("SANDBAR_TLS_RELOAD", "10s",
                                 "how often these files are looked at for a renewed certificate"),
    setting<&Config::domain>("SANDBAR_DOMAIN", "localhost",
                             "ports of sandboxes are reached at {port}-{id}.DOMAIN"),
    setting<&Config::sandbox_url>(
        "SANDBAR_SANDBOX_URL", "",
        "how clients see these addresses, as https://*.DOMAIN:8443; empty: as this program listens"),
    setting<&Config::gateway_cache>(
        "SANDBAR_GATEWAY_CACHE", "1s",
        "for how long traffic is let through by what was read before: changes of access take that long"),
    setting<&Config::gateway_wait>("SANDBAR_GATEWAY_WAIT", "60s",
                                   "how long traffic waits for a sandbox that starts, pauses or resumes"),
    setting<&Config::trust_forwarded>(
        "SANDBAR_TRUST_FORWARDED", "false",
        "whether X-Forwarded-* and Forwarded of requests come from a proxy of ours and are kept"),
    setting<&Config::database_url>("SANDBAR_DATABASE_URL", "",
                                   "PostgreSQL, as a libpq connection string or URI (required)"),
    setting<&Config::secret>(
        "SANDBAR_SECRET", "",
        "what all keys are derived from, at least 32 characters (or SANDBAR_SECRET_FILE)"),
    setting<&Config::secret_file>("SANDBAR_SECRET_FILE", "", "file that holds the secret"),
    setting<&Config::token_secrets>(
        "SANDBAR_TOKEN_SECRETS", "",
        "what signs users' and hosts' tokens instead, at least 32 characters each, separated by commas: the "
        "first signs, all are believed"),
    setting<&Config::threads>("SANDBAR_THREADS", "0", "event loops; 0: one for each processor"),
    setting<&Config::database_pool>("SANDBAR_DATABASE_POOL", "4",
                                    "connections for transactions, for each event loop"),
    setting<&Config::database_wait>("SANDBAR_DATABASE_WAIT", "30s",
                                    "how long to wait for the database at start"),
    setting<&Config::shutdown_grace>("SANDBAR_SHUTDOWN_GRACE", "10s", "time for running requests to end"),
    setting<&Config::allowed_origins>(
        "SANDBAR_ALLOWED_ORIGINS", "",
        "origins of pages elsewhere that may open WebSockets, separated by commas"),
    setting<&Config::trusted_proxies>(
        "SANDBAR_TRUSTED_PROXIES", "",
        "addresses of proxies whose X-Forwarded-For is believed, separated by commas"),
    setting<&Config::access_log>("SANDBAR_ACCESS_LOG", "changes",
                                 "requests with a log line of their own: all (to ports of sandboxes, too), "
                                 "changes or none; failed ones always"),
    setting<&Config::log_level>("SANDBAR_LOG_LEVEL", "info", "debug, info, warn or error"),
    setting<&Config::public_url>(
        "SANDBAR_PUBLIC_URL", "",
        "address under which browsers reach this server; needed for mails and OAuth"),
    setting<&Config::dashboard_url>("SANDBAR_DASHBOARD_URL", "",
                                    "where the dashboard's pages are; empty: at SANDBAR_PUBLIC_URL"),
    setting<&Config::web>("SANDBAR_WEB", "",
                          "folder with the built dashboard, served beside the API; empty: it is not"),
    setting<&Config::user_token_lifetime>("SANDBAR_USER_TOKEN_LIFETIME", "6h",
                                          "how long a user's token lives"),
    setting<&Config::session_lifetime>("SANDBAR_SESSION_LIFETIME", "720h",
                                       "a browser that was not used for so long must sign in again"),
    setting<&Config::signups_per_minute>("SANDBAR_SIGNUPS_PER_MINUTE", "60", "sign-ups from one address"),
    setting<&Config::logins_per_minute>("SANDBAR_LOGINS_PER_MINUTE", "60", "sign-ins from one address"),
    setting<&Config::mails_per_minute>("SANDBAR_MAILS_PER_MINUTE", "20",
                                       "password resets and activations from one address"),
    setting<&Config::refreshes_per_minute>("SANDBAR_REFRESHES_PER_MINUTE", "120",
                                           "renewed sessions from one address"),
    setting<&Config::oauth_per_minute>("SANDBAR_OAUTH_PER_MINUTE", "60",
                                       "visits to other providers from one address"),
    setting<&Config::login_tries>("SANDBAR_LOGIN_TRIES", "10",
                                  "wrong passwords for one account from one address until a pause"),
    setting<&Config::login_pause>("SANDBAR_LOGIN_PAUSE", "5m", "how long that pause is"),
    setting<&Config::activation_lifetime>("SANDBAR_ACTIVATION_LIFETIME", "30m",
                                          "how long the link that activates an account works"),
    setting<&Config::reset_lifetime>("SANDBAR_RESET_LIFETIME", "15m",
                                     "how long the link that resets a password works"),
    setting<&Config::mail_pause>("SANDBAR_MAIL_PAUSE", "1m", "between two reset mails to one account"),
    setting<&Config::github_client_id>("SANDBAR_GITHUB_CLIENT_ID", "",
                                       "OAuth app at GitHub; empty: nobody signs in through it"),
    setting<&Config::github_client_secret>("SANDBAR_GITHUB_CLIENT_SECRET", "", "secret of that app"),
    setting<&Config::github_url>("SANDBAR_GITHUB_URL", "https://github.com", "where GitHub's pages are"),
    setting<&Config::github_api_url>("SANDBAR_GITHUB_API_URL", "https://api.github.com", "and its API"),
    setting<&Config::oidc_issuer>("SANDBAR_OIDC_ISSUER", "",
                                  "issuer of an OpenID Connect provider; empty: there is none"),
    setting<&Config::oidc_client_id>("SANDBAR_OIDC_CLIENT_ID", "", "our name at that provider"),
    setting<&Config::oidc_client_secret>("SANDBAR_OIDC_CLIENT_SECRET", "",
                                         "our secret at that provider; empty: a public client"),
    setting<&Config::oidc_scopes>("SANDBAR_OIDC_SCOPES", "openid email profile", "what is asked for there"),
    setting<&Config::oidc_name>("SANDBAR_OIDC_NAME", "Single sign-on", "what people call that provider"),
    setting<&Config::smtp_server>("SANDBAR_SMTP_SERVER", "",
                                  "host:port of the mail server; empty: no mails, and accounts work at once"),
    setting<&Config::smtp_tls>("SANDBAR_SMTP_TLS", "starttls", "starttls, tls or none"),
    setting<&Config::smtp_ca_file>("SANDBAR_SMTP_CA_FILE", "",
                                   "authorities of the mail server; empty: the system's"),
    setting<&Config::smtp_user>("SANDBAR_SMTP_USER", "", "name at the mail server"),
    setting<&Config::smtp_password>("SANDBAR_SMTP_PASSWORD", "", "password at the mail server"),
    setting<&Config::mail_from>("SANDBAR_MAIL_FROM", "", "sender of mails: Sandbar <sandbar@example.org>"),
    setting<&Config::smtp_timeout>("SANDBAR_SMTP_TIMEOUT", "20s", "for handing one mail to the server"),
    setting<&Config::mail_period>("SANDBAR_MAIL_PERIOD", "1s", "how often it is looked for mails to send"),
    setting<&Config::mail_retry>("SANDBAR_MAIL_RETRY", "30s",
                                 "after a mail that the server did not take; doubles up to an hour"),
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
    setting<&Config::quotas>(
        "SANDBAR_QUOTAS", "",
        "limits of every team that has none of its own, separated by commas: sandboxes=500, "
        "vcpus, memory_mb, disk_mb, templates, sandbox_vcpus, sandbox_memory_mb, "
        "sandbox_disk_mb"),
    setting<&Config::metrics_store_period>("SANDBAR_METRICS_STORE_PERIOD", "5m",
                                           "how often measurements of a running sandbox are stored"),
    setting<&Config::metrics_retention>("SANDBAR_METRICS_RETENTION", "7d",
                                        "how long measurements of a stopped sandbox are kept"),
    setting<&Config::stats_period>("SANDBAR_STATS_PERIOD", "10s",
                                   "how often what teams run is sampled, for their statistics"),
    setting<&Config::stats_retention>("SANDBAR_STATS_RETENTION", "60d", "how long these samples are kept"),
    setting<&Config::usage_retention>("SANDBAR_USAGE_RETENTION", "730d", "how long usage by day is kept"),
    setting<&Config::webhook_allow_cidrs>(
        "SANDBAR_WEBHOOK_ALLOW_CIDRS", "",
        "private ranges of addresses that webhooks may reach all the same, separated by commas"),
    setting<&Config::webhook_allow_http>("SANDBAR_WEBHOOK_ALLOW_HTTP", "false",
                                         "whether webhooks may be sent without TLS"),
    setting<&Config::webhook_ca_file>(
        "SANDBAR_WEBHOOK_CA_FILE", "",
        "authorities that receivers' certificates are checked against, in place of the "
        "system's (PEM)"),
    setting<&Config::webhook_period>("SANDBAR_WEBHOOK_PERIOD", "1s",
                                     "how often events and due deliveries are looked for"),
    setting<&Config::webhook_timeout>("SANDBAR_WEBHOOK_TIMEOUT", "10s", "time for one attempt of a delivery"),
    setting<&Config::webhook_attempts>("SANDBAR_WEBHOOK_ATTEMPTS", "10",
                                       "attempts after which a delivery is given up"),
    setting<&Config::webhook_retry_base>(
        "SANDBAR_WEBHOOK_RETRY_BASE", "10s",
        "wait after the first failed attempt; it triples with each further one"),
    setting<&Config::webhook_retry_max>("SANDBAR_WEBHOOK_RETRY_MAX", "1h",
                                        "longest wait between two attempts"),
    setting<&Config::webhook_disable_after>(
        "SANDBAR_WEBHOOK_DISABLE_AFTER", "3d",
        "a webhook none of whose attempts succeed for so long is disabled"),
    setting<&Config::webhook_retention>("SANDBAR_WEBHOOK_RETENTION", "7d",
                                        "how long completed deliveries are kept"),
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
    setting<&Config::invitation_lifetime>("SANDBAR_INVITATION_LIFETIME", "168h",
                                          "how long an invitation to a team can be accepted"),
    setting<&Config::api_keys_per_team>("SANDBAR_API_KEYS_PER_TEAM", "200", "API keys that a team may have"),
    setting<&Config::resume_after_outage>("SANDBAR_RESUME_AFTER_OUTAGE", "0s",
                                          "what hosts paused because they had lost control is resumed when "
                                          "it is back, unless that is longer ago; "
                                          "0s: it stays paused"),
    setting<&Config::orphan_grace>("SANDBAR_ORPHAN_GRACE", "60s",
                                   "what runs on a host without a row is destroyed after this time"),
    setting<&Config::registration_token_life>("SANDBAR_REGISTRATION_TOKEN_LIFETIME", "1h",
                                              "how long a host's registration token is good"),
    setting<&Config::host_token_life>("SANDBAR_HOST_TOKEN_LIFETIME", "7d",
                                      "how long the token of a host's heartbeats is good"),
    setting<&Config::refresh_token_life>("SANDBAR_REFRESH_TOKEN_LIFETIME", "60d",
                                         "how long an agent may be away and still renew its credentials"),
    setting<&Config::host_certificate_life>("SANDBAR_HOST_CERTIFICATE_LIFETIME", "30d",
                                            "how long an agent's certificate is good"),
    setting<&Config::byoc_networks>(
        "SANDBAR_BYOC_NETWORKS", "",
        "networks in which teams' own hosts may be, beside public addresses: CIDRs, separated by commas"),
    setting<&Config::tunnel_url>(
        "SANDBAR_TUNNEL_URL", "",
        "URL at which agents that dial out reach exactly this process; needed with more than one"),
    setting<&Config::replica_period>("SANDBAR_REPLICA_PERIOD", "10s",
                                     "how often that URL is published; after three times this it is stale"),
    setting<&Config::reach_limit>("SANDBAR_REACH_LIMIT", "3s",
                                  "how long the first call to a newly registered agent may take"),
    setting<&Config::audit_seal_period>("SANDBAR_AUDIT_SEAL_PERIOD", "500ms",
                                        "how often new audit entries are put on their teams' chains"),
};

Result<void> check_address(std::string_view name, std::string& url) {
  if (url.empty()) return {};
  if (!url.starts_with("http://") && !url.starts_with("https://"))
    return fail(invalid_request(fmt::format("{} must begin with http:// or https://", name)));
  while (url.ends_with('/')) url.pop_back();
  return {};
}

Result<void> check_accounts(Config& config) {
  TRY_VOID(check_address("SANDBAR_PUBLIC_URL", config.public_url));
  TRY_VOID(check_address("SANDBAR_DASHBOARD_URL", config.dashboard_url));
  if (config.dashboard_url.empty()) config.dashboard_url = config.public_url;
  if (!config.smtp_server.empty() && config.dashboard_url.empty())
    return fail(invalid_request("SANDBAR_SMTP_SERVER needs SANDBAR_PUBLIC_URL: mails contain links"));
  TRY_VOID(check_address("SANDBAR_GITHUB_URL", config.github_url));
  TRY_VOID(check_address("SANDBAR_GITHUB_API_URL", config.github_api_url));
  bool has_provider = !config.github_client_id.empty() || !config.oidc_issuer.empty();
  if (has_provider && config.public_url.empty())
    return fail(invalid_request("signing in through a provider needs SANDBAR_PUBLIC_URL"));
  if (!config.oidc_issuer.empty() && config.oidc_client_id.empty())
    return fail(invalid_request("SANDBAR_OIDC_ISSUER needs SANDBAR_OIDC_CLIENT_ID"));
  if (!config.smtp_server.empty() && !config.mail_from.contains('@'))
    return fail(invalid_request("SANDBAR_SMTP_SERVER needs SANDBAR_MAIL_FROM"));
  for (int limit : {config.signups_per_minute, config.logins_per_minute, config.mails_per_minute,
                    config.refreshes_per_minute, config.oauth_per_minute, config.login_tries})
    if (limit < 1) return fail(invalid_request("limits for each minute and tries must be at least 1"));
  return {};
}

const std::string kLabel = "://*.";

Result<void> check_addresses(Config& config) {
  config.domain = to_lower(config.domain);
  if (config.domain.empty() || config.domain.starts_with('.') || config.domain.contains(':'))
    return fail(invalid_request("SANDBAR_DOMAIN must be a domain name"));
  if (!config.sandbox_url.empty() && !config.sandbox_url.contains(kLabel + config.domain))
    return fail(invalid_request("SANDBAR_SANDBOX_URL must have the form https://*." + config.domain));
  bool wants_files = !config.tls_listen.empty();
  if (wants_files && (config.tls_certificate.empty() || config.tls_key.empty()))
    return fail(invalid_request("SANDBAR_TLS_LISTEN needs SANDBAR_TLS_CERTIFICATE and SANDBAR_TLS_KEY"));
  if (config.tls_reload < std::chrono::milliseconds(100))
    return fail(invalid_request("SANDBAR_TLS_RELOAD must be at least 100ms"));
  return {};
}

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
  TRY_VOID(check_addresses(config));
  if (config.database_pool < 1) return fail(invalid_request("SANDBAR_DATABASE_POOL must be at least 1"));
  for (int percent : {config.memory_overcommit, config.disk_overcommit, config.cpu_overcommit})
    if (percent < 1 || percent > 100'000)
      return fail(invalid_request("SANDBAR_…_OVERCOMMIT must be from 1 to 100000"));
  if (config.builds_per_host < 1) return fail(invalid_request("SANDBAR_BUILDS_PER_HOST must be at least 1"));
  TRY_VOID(check_accounts(config));
  if (config.api_keys_per_team < 1)
    return fail(invalid_request("SANDBAR_API_KEYS_PER_TEAM must be at least 1"));
  for (const auto& network : config.byoc_networks)
    if (auto known = hosts::parse_network(network); !known)
      return fail(invalid_request("SANDBAR_BYOC_NETWORKS: " + known.error().message));
  if (config.stats_period < std::chrono::milliseconds(1))
    return fail(invalid_request("SANDBAR_STATS_PERIOD must be at least 1ms"));
  if (config.webhook_attempts < 1)
    return fail(invalid_request("SANDBAR_WEBHOOK_ATTEMPTS must be at least 1"));
  auto limits = quotas::read_limits(config.quotas);
  if (!limits) return fail(std::move(limits).error().with_context("SANDBAR_QUOTAS"));
  config.limits = *limits;
  return config;
}

std::string print_config(const Environment& environment) {
  return print_settings<Config>(kSettings, environment);
}

}  // namespace sandbar::control
