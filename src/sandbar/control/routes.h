// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/http/router.h"

// The whole API: every feature's table, bound to the service that its handlers call.

namespace sandbar::control {

namespace health {
class HealthService;
}
namespace sessions {
class SessionService;
}
namespace docs {
class DocsService;
}
namespace users {
class UsersService;
class RecoveryService;
class AccountService;
class AdminUsersService;
class SearchService;
}  // namespace users
namespace oauth {
class OAuthService;
}
namespace teams {
class TeamsService;
class MembersService;
class InvitationsService;
}  // namespace teams
namespace teardown {
class TeardownService;
}
namespace api_keys {
class ApiKeysService;
}
namespace events {
class EventsService;
}
namespace audit {
class AuditService;
}
namespace hosts {
class HostsService;
class EnrolmentService;
}  // namespace hosts
namespace quotas {
class QuotaService;
}
namespace usage {
class UsageService;
}
namespace webhooks {
class WebhookService;
}
namespace templates {
class TemplateService;
}
namespace sandboxes {
class SandboxService;
class AdminSandboxesService;
}  // namespace sandboxes
namespace builds {
class BuildService;
}
namespace transfers {
class TransferService;
}
namespace snapshots {
class SnapshotService;
}
namespace metrics {
class MetricsService;
}
namespace files {
class FileService;
}
namespace terminals {
class TerminalService;
}
namespace jobs {
class JobReports;
}

namespace gateway {
class GatewayService;
}

struct Services {
  health::HealthService* health = nullptr;
  sessions::SessionService* sessions = nullptr;
  docs::DocsService* docs = nullptr;
  users::UsersService* users = nullptr;
  users::RecoveryService* recovery = nullptr;
  users::AccountService* account = nullptr;
  users::AdminUsersService* admin_users = nullptr;
  oauth::OAuthService* oauth = nullptr;
  users::SearchService* user_search = nullptr;
  teams::TeamsService* teams = nullptr;
  teams::MembersService* members = nullptr;
  teams::InvitationsService* invitations = nullptr;
  teardown::TeardownService* teardown = nullptr;
  api_keys::ApiKeysService* api_keys = nullptr;
  events::EventsService* events = nullptr;
  audit::AuditService* audit = nullptr;
  hosts::HostsService* hosts = nullptr;
  hosts::EnrolmentService* enrolment = nullptr;
  quotas::QuotaService* quotas = nullptr;
  usage::UsageService* usage = nullptr;
  webhooks::WebhookService* webhooks = nullptr;
  templates::TemplateService* templates = nullptr;
  sandboxes::SandboxService* sandboxes = nullptr;
  sandboxes::AdminSandboxesService* admin_sandboxes = nullptr;
  builds::BuildService* builds = nullptr;
  transfers::TransferService* transfers = nullptr;
  gateway::GatewayService* gateway = nullptr;
  snapshots::SnapshotService* snapshots = nullptr;
  metrics::MetricsService* metrics = nullptr;
  files::FileService* files = nullptr;
  terminals::TerminalService* terminals = nullptr;
  jobs::JobReports* job_reports = nullptr;
};

void mount(http::Router& router, const Services& services);

}  // namespace sandbar::control
