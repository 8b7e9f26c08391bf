// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/app.h"

#include <algorithm>

#include "sandbar/async/timer.h"
#include "sandbar/control/agents/limits.h"
#include "sandbar/control/counting_jobs.h"
#include "sandbar/control/routes.h"
#include "sandbar/control/setup.h"
#include "sandbar/control/tls_files.h"

namespace sandbar::control {
namespace {

agents::AgentPool::Make agent_maker(Executor executor, agents::Transport transport) {
  return [executor, transport](const agents::AgentAddress& agent) {
    return agents::make_agent_client(executor, agent, transport);
  };
}

http::PipelineOptions pipeline_options(const Config& config) {
  return {.access_log = config.access_log, .allowed_origins = config.allowed_origins};
}

Task<Result<void>> drained(Supervisor& tasks) {
  co_await tasks.drained();
  co_return Result<void>{};
}

gateway::PublicUrl public_url(const Shared& shared) {
  const auto& config = shared.config;
  bool secure = shared.client_tls != nullptr;
  gateway::PublicUrl url{secure ? "https" : "http", config.domain, secure ? shared.tls_port : shared.port};
  if (config.sandbox_url.empty()) return url;
  url.scheme = config.sandbox_url.substr(0, config.sandbox_url.find(':'));
  auto colon = config.sandbox_url.rfind(':');
  auto port = parse_int(std::string_view(config.sandbox_url).substr(colon + 1)).value_or(0);
  url.port = static_cast<std::uint16_t>(std::clamp<std::int64_t>(port, 0, 65535));
  return url;
}

gateway::GatewayOptions gateway_options(const Config& config) {
  return {config.domain, config.gateway_cache, config.gateway_wait, config.trust_forwarded,
          config.access_log == http::AccessLog::all};
}

jobs::Timings timings(const Config& config) {
  return {.period = config.monitor_period,
          .host_stale_after = config.host_stale_after,
          .create_limit = config.create_limit,
          .transition_limit = config.transition_limit,
          .stop_limit = config.stop_limit,
          .orphan_grace = config.orphan_grace,
          .host_call = config.host_call};
}

builds::Policy build_policy(const Config& config) {
  return {.team_builds = config.team_builds,
          .per_host = config.builds_per_host,
          .takeover = config.build_takeover,
          .lost_after = config.build_lost_after};
}

Task<Result<jobs::JobReport>> advance_builds(builds::BuildService& builds) {
  CO_TRY(auto moved, co_await builds.advance());
  co_return jobs::JobReport{moved, moved};
}

Task<Result<jobs::JobReport>> forget_fetches(transfers::TransferService& transfers) {
  CO_TRY_VOID(co_await transfers.forget_stale());
  co_return jobs::JobReport{};
}

Task<Result<jobs::JobReport>> tear_down(teardown::TeardownService& teardown) {
  CO_TRY(auto ended, co_await teardown.tear_down());
  co_return jobs::JobReport{.changed = ended};
}

Task<Result<jobs::JobReport>> resume_after_outage(sandboxes::SandboxService& sandboxes,
                                                  std::chrono::milliseconds within) {
  CO_TRY(auto resumed, co_await sandboxes.resume_after_outage(within));
  co_return jobs::JobReport{.changed = resumed};
}

// A client that is gone meanwhile needs no answer.
Task<void> send_page(http::Exchange& exchange, http::Response page) {
  (void)co_await exchange.respond(std::move(page));
}

struct Moving {
  builds::BuildService& builds;
  transfers::TransferService& transfers;
  teardown::TeardownService& teardown;
  sandboxes::SandboxService& sandboxes;
};

std::vector<jobs::Job> more_jobs(const Config& config, Moving moving, Counting counting) {
  using namespace std::chrono_literals;
  auto& builds = moving.builds;
  auto& transfers = moving.transfers;
  auto& teardown = moving.teardown;
  std::vector<jobs::Job> jobs{
      {"template_builds", 1s, [&builds](jobs::Leadership) { return advance_builds(builds); }},
      {"template_fetches", 30s, [&transfers](jobs::Leadership) { return forget_fetches(transfers); }},
      {"teardown", std::min<std::chrono::milliseconds>(config.monitor_period, 1s),
       [&teardown](jobs::Leadership) { return tear_down(teardown); }}};
  if (auto within = config.resume_after_outage; within.count() > 0)
    jobs.push_back({"resumes_after_outage", config.monitor_period,
                    [&sandboxes = moving.sandboxes, within](jobs::Leadership) {
                      return resume_after_outage(sandboxes, within);
                    }});
  add_counting_jobs(jobs, config, counting);
  return jobs;
}

sessions::SessionOptions session_options(const Config& config) {
  return {.lifetime = config.session_lifetime, .is_secure = config.public_url.starts_with("https://")};
}

users::UserOptions user_options(const Config& config) {
  auto limit = [](int per_minute) { return access::RateLimit{per_minute, per_minute}; };
  return {.mails_are_sent = !config.smtp_server.empty(),
          .activation_lifetime = config.activation_lifetime,
          .reset_lifetime = config.reset_lifetime,
          .mail_pause = config.mail_pause,
          .login_tries = config.login_tries,
          .login_pause = config.login_pause,
          .signups = limit(config.signups_per_minute),
          .logins = limit(config.logins_per_minute),
          .mails = limit(config.mails_per_minute),
          .refreshes = limit(config.refreshes_per_minute)};
}

oauth::OAuthOptions oauth_options(const Config& config) {
  return {.github_client_id = config.github_client_id,
          .github_client_secret = config.github_client_secret,
          .github_url = config.github_url,
          .github_api_url = config.github_api_url,
          .oidc_issuer = config.oidc_issuer,
          .oidc_client_id = config.oidc_client_id,
          .oidc_client_secret = config.oidc_client_secret,
          .oidc_scopes = config.oidc_scopes,
          .oidc_name = config.oidc_name,
          .public_url = config.public_url,
          .dashboard_url = config.dashboard_url,
          .visits = {config.oauth_per_minute, config.oauth_per_minute}};
}

mail::MailOptions mail_options(const Config& config) {
  return {.smtp_server = config.smtp_server,
          .tls = config.smtp_tls,
          .ca_file = config.smtp_ca_file,
          .user = config.smtp_user,
          .password = config.smtp_password,
          .from = config.mail_from,
          .dashboard_url = config.dashboard_url,
          .timeout = config.smtp_timeout,
          .period = config.mail_period,
          .retry = config.mail_retry};
}

hosts::Lifetimes lifetimes(const Config& config) {
  return {.registration_token = config.registration_token_life,
          .token = config.host_token_life,
          .refresh_token = config.refresh_token_life,
          .certificate = config.host_certificate_life};
}

hosts::EnrolmentRules enrolment_rules(const Config& config) {
  hosts::EnrolmentRules rules{.lifetimes = lifetimes(config),
                              .byoc_networks = {},
                              .reach_limit = config.reach_limit,
                              .replica_alive = 3 * config.replica_period};
  for (const auto& text : config.byoc_networks)
    if (auto network = hosts::parse_network(text)) rules.byoc_networks.push_back(*std::move(network));
  return rules;
}

}  // namespace

App::App(Executor executor, Shared& shared)
    : shared_(shared),
      tasks_(executor),
      background_(executor),
      database_(pg::Database::create(executor, database_options(shared.config))),
      agents_(agent_maker(executor, shared.transport)),
      tokens_(shared.keys, shared.clock, shared.config.user_token_lifetime),
      limiter_(shared.limiter),
      passwords_(shared.hashing),
      access_(*database_, tokens_),
      tickets_(*database_),
      gate_(access_, tickets_, shared.config.trusted_proxies),
      sessions_(*database_, access_, session_options(shared.config)),
      users_(
          {*database_, passwords_, tokens_, shared.keys, limiter_, sessions_, user_options(shared.config)}),
      recovery_(users_),
      account_(users_),
      admin_users_(*database_),
      oauth_(
          {*database_, shared.keys, shared.clock, limiter_, sessions_, users_, oauth_options(shared.config)}),
      mail_sender_(*database_, shared.mailing, shared.keys, shared.clock, mail_options(shared.config)),
      user_search_(*database_, limiter_),
      teams_(*database_),
      members_(*database_),
      invitations_(*database_, shared.keys, limiter_,
                   {shared.config.invitation_lifetime, !shared.config.smtp_server.empty()}),
      api_keys_(*database_, shared.clock, shared.config.api_keys_per_team),
      events_({*database_, tickets_, limiter_, shared.changes, executor}),
      audit_(*database_),
      sealer_(*database_, shared.config.audit_seal_period),
      hosts_(*database_, agents_, lifetimes(shared.config)),
      enrolment_({*database_, shared.authority, tokens_, limiter_, agents_, shared.transport.tunnels,
                  shared.transport.breakers},
                 enrolment_rules(shared.config)),
      replica_(*database_, *shared.transport.tunnels, shared.config.tunnel_url, shared.config.replica_period),
      quotas_(*database_, shared.config.limits, shared.refusals),
      usage_(*database_, shared.clock, usage_settings(shared.config)),
      webhooks_(
          {*database_, shared.clock, shared.webhook_key, *shared.courier, webhook_settings(shared.config)}),
      dispatcher_({*database_, shared.clock, shared.webhook_key, *shared.courier, tasks_,
                   shared.webhook_counters, webhook_settings(shared.config)}),
      templates_(*database_),
      transfers_({*database_, agents_, shared.authority, shared.clock, shared.config.create_limit * 4 / 5}),
      builds_({*database_, agents_, tasks_, quotas_, build_policy(shared.config)}),
      sandboxes_({*database_,
                  templates_,
                  transfers_,
                  agents_,
                  shared.keys,
                  tasks_,
                  quotas_,
                  {shared.config.placement, shared.config.memory_overcommit, shared.config.disk_overcommit,
                   shared.config.cpu_overcommit},
                  shared.create_rounds,
                  std::bind_front(&metrics::MetricsService::keep, &metrics_)}),
      admin_sandboxes_(*database_),
      ports_(*database_, shared.keys, shared.clock, [&shared] { return public_url(shared); }),
      gateway_(executor,
               {*database_, access_, tokens_, shared.keys, agents_, sandboxes_, tasks_, shared.clock},
               gateway_options(shared.config)),
      snapshots_({*database_, sandboxes_, templates_, agents_, tasks_, quotas_}),
      metrics_({*database_, sandboxes_, shared.clock, metrics_settings(shared.config)}),
      guests_(sandboxes_),
      files_(guests_),
      terminals_(guests_),
      teardown_({.database = *database_, .agents = agents_, .hosts = hosts_}),
      jobs_(*database_, agents_, timings(shared.config),
            more_jobs(shared.config, {builds_, transfers_, teardown_, sandboxes_},
                      {usage_, dispatcher_, metrics_, events_})),
      job_reports_(*database_),
      web_(router_, shared.pages),
      health_(*database_, router_, shared.requests,
              {std::bind_front(&quotas::QuotaService::prometheus_text, &quotas_),
               std::bind_front(&webhooks::Dispatcher::prometheus_text, &dispatcher_),
               std::bind_front(&jobs::JobReports::prometheus_text, &job_reports_)}),
      idempotency_(*database_, shared.answer_key),
      pipeline_(router_, gate_, shared.requests, pipeline_options(shared.config), &idempotency_) {
  mount(router_, {.health = &health_,
                  .sessions = &sessions_,
                  .docs = &docs_,
                  .users = &users_,
                  .recovery = &recovery_,
                  .account = &account_,
                  .admin_users = &admin_users_,
                  .oauth = &oauth_,
                  .user_search = &user_search_,
                  .teams = &teams_,
                  .members = &members_,
                  .invitations = &invitations_,
                  .teardown = &teardown_,
                  .api_keys = &api_keys_,
                  .events = &events_,
                  .audit = &audit_,
                  .hosts = &hosts_,
                  .enrolment = &enrolment_,
                  .quotas = &quotas_,
                  .usage = &usage_,
                  .webhooks = &webhooks_,
                  .templates = &templates_,
                  .sandboxes = &sandboxes_,
                  .admin_sandboxes = &admin_sandboxes_,
                  .builds = &builds_,
                  .transfers = &transfers_,
                  .gateway = &ports_,
                  .snapshots = &snapshots_,
                  .metrics = &metrics_,
                  .files = &files_,
                  .terminals = &terminals_,
                  .job_reports = &job_reports_});
  auto handler = [this](http::Exchange& exchange) { return serve(exchange); };
  server_ = http::make_server(executor, handler);
  if (shared.client_tls) {
    tls_server_ = http::make_server(executor, handler, {}, shared.client_tls);
    follow_certificate();
  }
}

// Host name and headers tell traffic for sandboxes from calls of the API, before anything else looks at them.
Task<void> App::serve(http::Exchange& exchange) {
  if (gateway_.handles(exchange.request())) return gateway_.serve(exchange);
  if (auto page = web_.answer(exchange.request())) return send_page(exchange, *std::move(page));
  return pipeline_.serve(exchange);
}

void App::follow_certificate() {
  const auto& config = shared_.config;
  auto changed = [this](http::TlsContextPtr tls) { tls_server_->set_tls(std::move(tls)); };
  TlsFiles files{config.tls_certificate, config.tls_key};
  background_.spawn("follow the certificate", follow_tls(std::move(files), config.tls_reload, changed));
}

void App::start_jobs() {
  speaks_for_replica_ = true;
  background_.spawn("jobs", jobs_.run());
  background_.spawn("replica", replica_.run());
  if (!shared_.config.smtp_server.empty()) background_.spawn("mail", mail_sender_.run());
  background_.spawn("audit sealer", sealer_.run());
  background_.spawn("changes", events_.read());
}

Task<void> App::shut_down() {
  events_.close();
  co_await background_.shut_down();
  if (speaks_for_replica_) co_await replica_.leave();
  co_await server_->shut_down(shared_.config.shutdown_grace);
  if (tls_server_) co_await tls_server_->shut_down(shared_.config.shutdown_grace);
  co_await with_timeout(shared_.config.shutdown_grace, "work under way", drained(tasks_));
  co_await tasks_.shut_down();
  gateway_.clear();
  agents_.clear();
  co_await database_->close();
}

}  // namespace sandbar::control
