// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/routes.h"

#include "sandbar/control/api_keys/routes.h"
#include "sandbar/control/audit/routes.h"
#include "sandbar/control/builds/routes.h"
#include "sandbar/control/docs/routes.h"
#include "sandbar/control/events/routes.h"
#include "sandbar/control/files/routes.h"
#include "sandbar/control/gateway/routes.h"
#include "sandbar/control/health/routes.h"
#include "sandbar/control/hosts/routes.h"
#include "sandbar/control/jobs/reports.h"
#include "sandbar/control/metrics/routes.h"
#include "sandbar/control/oauth/routes.h"
#include "sandbar/control/quotas/routes.h"
#include "sandbar/control/sandboxes/routes.h"
#include "sandbar/control/sessions/routes.h"
#include "sandbar/control/snapshots/routes.h"
#include "sandbar/control/teams/routes.h"
#include "sandbar/control/teardown/routes.h"
#include "sandbar/control/templates/routes.h"
#include "sandbar/control/terminals/routes.h"
#include "sandbar/control/transfers/routes.h"
#include "sandbar/control/usage/routes.h"
#include "sandbar/control/users/routes.h"
#include "sandbar/control/webhooks/routes.h"

namespace sandbar::control {

void mount(http::Router& router, const Services& services) {
  router.add(health::routes(), services.health);
  router.add(sessions::routes(), services.sessions);
  router.add(docs::routes(), services.docs);
  router.add(users::routes(), services.users);
  router.add(users::recovery_routes(), services.recovery);
  router.add(users::account_routes(), services.account);
  router.add(users::admin_routes(), services.admin_users);
  router.add(oauth::routes(), services.oauth);
  router.add(users::search_routes(), services.user_search);
  router.add(teams::routes(), services.teams);
  router.add(teams::member_routes(), services.members);
  router.add(teams::invitation_routes(), services.invitations);
  router.add(teardown::routes(), services.teardown);
  router.add(api_keys::routes(), services.api_keys);
  router.add(events::routes(), services.events);
  router.add(audit::routes(), services.audit);
  router.add(hosts::routes(), services.hosts);
  router.add(hosts::enrolment_routes(), services.enrolment);
  router.add(quotas::routes(), services.quotas);
  router.add(usage::routes(), services.usage);
  router.add(webhooks::routes(), services.webhooks);
  router.add(templates::routes(), services.templates);
  router.add(sandboxes::routes(), services.sandboxes);
  router.add(sandboxes::admin_routes(), services.admin_sandboxes);
  router.add(builds::routes(), services.builds);
  router.add(transfers::routes(), services.transfers);
  router.add(gateway::routes(), services.gateway);
  router.add(snapshots::routes(), services.snapshots);
  router.add(metrics::routes(), services.metrics);
  router.add(files::routes(), services.files);
  router.add(terminals::routes(), services.terminals);
  router.add(jobs::routes(), services.job_reports);
}

}  // namespace sandbar::control
