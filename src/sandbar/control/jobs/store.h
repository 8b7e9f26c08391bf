// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "sandbar/control/jobs/types.h"
#include "sandbar/pg/database.h"

namespace sandbar::control::jobs {

Task<Result<bool>> try_lead(pg::Session& session);
Task<Result<void>> still_leading(pg::Session& session);
Task<Result<void>> stop_leading(pg::Session& session);
// Counts failures, and notes when the job succeeded.
Task<Result<void>> put_report(pg::Session& session, Report report);
Task<Result<std::vector<Report>>> list_reports(pg::Session& session);
Task<Result<Time>> current_time(pg::Session& session);

Task<Result<std::vector<LostHost>>> mark_hosts_unreachable(pg::Session& session,
                                                           std::chrono::milliseconds stale);
Task<Result<std::vector<SandboxRow>>> mark_sandboxes_missing(pg::Session& session);
// Sandboxes without a host: those that never got one, and those whose host was removed under them.
Task<Result<std::vector<SandboxRow>>> end_unplaced(pg::Session& session, std::chrono::milliseconds limit);

Task<Result<std::vector<HostRow>>> list_reachable_hosts(pg::Session& session);
// Those whose heartbeats since then count other running or paused sandboxes than the rows do.
Task<Result<std::vector<HostRow>>> list_differing_hosts(pg::Session& session, Time since);
// Those that hold a base template which is not ready yet.
Task<Result<std::vector<HostRow>>> list_hosts_with_new_templates(pg::Session& session);
Task<Result<std::vector<SandboxRow>>> list_sandboxes_of_host(pg::Session& session, HostId host);
Task<Result<std::vector<SandboxRow>>> list_sandboxes_by_id(pg::Session& session, std::vector<SandboxId> ids);

// What a repair is conditional on: nobody has touched the row since the agent was asked.
struct Expected {
  SandboxId id;
  SandboxState status;
  Time list_started;
};
// False if somebody has.
Task<Result<bool>> settle_sandbox(pg::Session& session, Expected expected, agents::SandboxReport report,
                                  SandboxState to, std::string cause);
Task<Result<bool>> end_sandbox(pg::Session& session, Expected expected, SandboxState to, std::string cause);

// What an agent says of a sandbox whose status it confirms.
struct Refresh {
  SandboxState status;
  agents::SandboxReport report;
};
Task<Result<void>> refresh_sandboxes(pg::Session& session, std::vector<Refresh> refreshes, Time list_started);

Task<Result<void>> record_template(pg::Session& session, HostId host, agents::TemplateReport report);
Task<Result<std::vector<TemplateId>>> list_template_removals(pg::Session& session, HostId host);
Task<Result<void>> forget_template(pg::Session& session, HostId host, TemplateId id);
Task<Result<int>> delete_unheld_templates(pg::Session& session);

// Rows whose time is over.
Task<Result<int>> delete_expired(pg::Session& session);

}  // namespace sandbar::control::jobs
