// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <memory>

#include "sandbar/async/blocking.h"
#include "sandbar/control/access/gate.h"
#include "sandbar/control/agents/agent_pool.h"
#include "sandbar/control/agents/transport.h"
#include "sandbar/control/api_keys/service.h"
#include "sandbar/control/audit/sealer.h"
#include "sandbar/control/audit/service.h"
#include "sandbar/control/authority/service.h"
#include "sandbar/control/builds/service.h"
#include "sandbar/control/config.h"
#include "sandbar/control/docs/service.h"
#include "sandbar/control/events/service.h"
#include "sandbar/control/files/service.h"
#include "sandbar/control/gateway/gateway.h"
#include "sandbar/control/gateway/service.h"
#include "sandbar/control/guests/service.h"
#include "sandbar/control/health/service.h"
#include "sandbar/control/hosts/enrolment.h"
#include "sandbar/control/hosts/replica.h"
#include "sandbar/control/hosts/service.h"
#include "sandbar/control/idempotency/service.h"
#include "sandbar/control/jobs/jobs.h"
#include "sandbar/control/jobs/reports.h"
#include "sandbar/control/mail/sender.h"
#include "sandbar/control/metrics/service.h"
#include "sandbar/control/oauth/service.h"
#include "sandbar/control/quotas/service.h"
#include "sandbar/control/sandboxes/admin.h"
#include "sandbar/control/snapshots/service.h"
#include "sandbar/control/teams/invitations.h"
#include "sandbar/control/teams/members.h"
#include "sandbar/control/teams/service.h"
#include "sandbar/control/teardown/service.h"
#include "sandbar/control/terminals/service.h"
#include "sandbar/control/transfers/service.h"
#include "sandbar/control/usage/service.h"
#include "sandbar/control/users/account.h"
#include "sandbar/control/users/admin.h"
#include "sandbar/control/users/recovery.h"
#include "sandbar/control/users/search.h"
#include "sandbar/control/web/service.h"
#include "sandbar/control/webhooks/dispatcher.h"
#include "sandbar/control/webhooks/service.h"

// Everything that one thread of sandbar-control consists of, built once, in order. Threads share nothing that
// changes but the counters; what they must agree on is in the database.

namespace sandbar::control {

// What all threads have in common.
struct Shared {
  Config config;
  access::Keys keys;
  authority::AuthorityPtr authority;
  agents::Transport transport;
  std::shared_ptr<const webhooks::Courier> courier;
  Secret webhook_key;  // seals the secrets of webhooks
  Secret answer_key;   // seals the answers that are kept for repeated requests
  http::RequestMetrics requests;
  SystemClock clock = {};
  BlockingPool hashing{2};
  BlockingPool mailing{1};
  access::RateLimiter limiter{clock};
  quotas::Refusals refusals = {};
  sandboxes::CreateRounds::Queues create_rounds = {};
  webhooks::Counters webhook_counters = {};
  events::Feed changes = {};
  web::PagesPtr pages = {};                           // none: only the API
  http::TlsContextPtr client_tls = {};                // none: no HTTPS
  std::atomic<std::uint16_t> port = 0, tls_port = 0;  // known once we listen
};

class App {
 public:
  App(Executor executor, Shared& shared);

  http::Server& server() { return *server_; }
  http::Server* tls_server() { return tls_server_.get(); }  // or nullptr
  // On one thread of each replica; replicas agree on who runs the jobs.
  void start_jobs();
  // Lets running requests and what they have set in motion end.
  Task<void> shut_down();

 private:
  Task<void> serve(http::Exchange& exchange);
  void follow_certificate();

  Shared& shared_;
  Supervisor tasks_, background_;
  bool speaks_for_replica_ = false;
  std::unique_ptr<pg::Database> database_;
  agents::AgentPool agents_;
  access::Tokens tokens_;
  access::RateLimiter& limiter_;
  access::Passwords passwords_;
  access::AccessService access_;
  access::Tickets tickets_;
  access::Gate gate_;

  sessions::SessionService sessions_;
  users::UsersService users_;
  users::RecoveryService recovery_;
  users::AccountService account_;
  users::AdminUsersService admin_users_;
  oauth::OAuthService oauth_;
  mail::Sender mail_sender_;
  users::SearchService user_search_;
  teams::TeamsService teams_;
  teams::MembersService members_;
  teams::InvitationsService invitations_;
  api_keys::ApiKeysService api_keys_;
  events::EventsService events_;
  audit::AuditService audit_;
  audit::Sealer sealer_;
  hosts::HostsService hosts_;
  hosts::EnrolmentService enrolment_;
  hosts::Replica replica_;
  quotas::QuotaService quotas_;
  usage::UsageService usage_;
  webhooks::WebhookService webhooks_;
  webhooks::Dispatcher dispatcher_;
  templates::TemplateService templates_;
  transfers::TransferService transfers_;
  builds::BuildService builds_;
  sandboxes::SandboxService sandboxes_;
  sandboxes::AdminSandboxesService admin_sandboxes_;
  gateway::GatewayService ports_;
  gateway::Gateway gateway_;
  snapshots::SnapshotService snapshots_;
  metrics::MetricsService metrics_;
  guests::GuestService guests_;
  files::FileService files_;
  terminals::TerminalService terminals_;
  teardown::TeardownService teardown_;
  jobs::Jobs jobs_;
  jobs::JobReports job_reports_;

  http::Router router_;
  web::WebService web_;
  health::HealthService health_;
  docs::DocsService docs_;
  idempotency::IdempotencyService idempotency_;
  http::Pipeline pipeline_;
  http::ServerPtr server_, tls_server_;
};

}  // namespace sandbar::control
