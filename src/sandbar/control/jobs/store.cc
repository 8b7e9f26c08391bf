// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/jobs/store.h"

#include "sandbar/control/access/types.h"
#include "sandbar/control/jobs/store.sql.h"
#include "sandbar/model/host_state.h"
#include "sandbar/model/sandbox_state.h"
#include "sandbar/model/template_state.h"

namespace sandbar::control::jobs {
namespace {

Result<void> done(const Result<pg::Rows>& rows) {
  if (!rows) return fail(rows.error());
  return {};
}

}  // namespace

Task<Result<bool>> try_lead(pg::Session& session) {
  CO_TRY(auto rows, co_await session.query(sql::try_lead));
  co_return rows[0].get<bool>("value");
}

Task<Result<void>> still_leading(pg::Session& session) {
  co_return done(co_await session.query(sql::still_leading));
}
Task<Result<void>> stop_leading(pg::Session& session) {
  co_return done(co_await session.query(sql::stop_leading));
}

Task<Result<void>> put_report(pg::Session& session, Report r) {
  co_return done(
      co_await session.query(sql::put_report, r.name, r.duration_ms, r.checked, r.changed, r.error));
}

Task<Result<std::vector<Report>>> list_reports(pg::Session& session) {
  CO_TRY(auto rows, co_await session.query(sql::list_reports));
  co_return rows.all<Report>();
}

Task<Result<Time>> current_time(pg::Session& session) {
  CO_TRY(auto rows, co_await session.query(sql::current_time));
  co_return rows[0].get<Time>("value");
}

Task<Result<std::vector<LostHost>>> mark_hosts_unreachable(pg::Session& session,
                                                           std::chrono::milliseconds stale) {
  std::vector statuses{HostState::online, HostState::draining};
  CO_TRY(auto rows, co_await session.query(sql::mark_hosts_unreachable, HostState::unreachable, statuses,
                                           HostState::pending, stale.count()));
  co_return rows.all<LostHost>();
}

Task<Result<std::vector<SandboxRow>>> mark_sandboxes_missing(pg::Session& session) {
  CO_TRY(auto rows, co_await session.query(sql::mark_sandboxes_missing, SandboxState::missing,
                                           HostState::unreachable, sources_of(SandboxState::missing)));
  co_return rows.all<SandboxRow>();
}

Task<Result<std::vector<SandboxRow>>> end_unplaced(pg::Session& session, std::chrono::milliseconds limit) {
  CO_TRY(auto failed, co_await session.query(sql::fail_unplaced, SandboxState::error,
                                             sources_of(SandboxState::error), limit.count()));
  CO_TRY(auto gone, co_await session.query(sql::stop_unplaced, SandboxState::stopped,
                                           sources_of(SandboxState::stopped)));
  auto rows = failed.all<SandboxRow>();
  for (auto& row : gone.all<SandboxRow>()) rows.push_back(row);
  co_return rows;
}

Task<Result<std::vector<HostRow>>> list_reachable_hosts(pg::Session& session) {
  std::vector statuses{HostState::online, HostState::draining};
  CO_TRY(auto rows, co_await session.query(sql::list_reachable_hosts, statuses));
  co_return rows.all<HostRow>();
}

Task<Result<std::vector<HostRow>>> list_differing_hosts(pg::Session& session, Time since) {
  std::vector statuses{HostState::online, HostState::draining};
  CO_TRY(auto rows,
         co_await session.query(sql::list_differing_hosts, SandboxState::running, SandboxState::paused,
                                states_where(is_transitional), statuses, since));
  co_return rows.all<HostRow>();
}

Task<Result<std::vector<HostRow>>> list_hosts_with_new_templates(pg::Session& session) {
  std::vector statuses{HostState::online, HostState::draining};
  CO_TRY(auto rows, co_await session.query(sql::list_hosts_with_new_templates, TemplateState::building,
                                           TemplateType::base, statuses));
  co_return rows.all<HostRow>();
}

Task<Result<std::vector<SandboxRow>>> list_sandboxes_of_host(pg::Session& session, HostId host) {
  CO_TRY(auto rows,
         co_await session.query(sql::list_sandboxes_of_host, host, states_where(&holds_resources)));
  co_return rows.all<SandboxRow>();
}

Task<Result<std::vector<SandboxRow>>> list_sandboxes_by_id(pg::Session& session, std::vector<SandboxId> ids) {
  CO_TRY(auto rows, co_await session.query(sql::list_sandboxes_by_id, ids));
  co_return rows.all<SandboxRow>();
}

Task<Result<bool>> settle_sandbox(pg::Session& session, Expected expected, agents::SandboxReport report,
                                  SandboxState to, std::string cause) {
  auto epoch = static_cast<std::int64_t>(report.epoch);
  CO_TRY(auto rows, co_await session.query(sql::settle_sandbox, to, cause, epoch, report.timeout_sec,
                                           report.expires_at, report.last_active_at, SandboxState::running,
                                           expected.id, expected.status, expected.list_started));
  co_return rows.affected() == 1;
}

Task<Result<bool>> end_sandbox(pg::Session& session, Expected expected, SandboxState to, std::string cause) {
  CO_TRY(auto rows, co_await session.query(sql::end_sandbox, to, cause, SandboxState::stopped, expected.id,
                                           expected.status, expected.list_started));
  co_return rows.affected() == 1;
}

Task<Result<void>> refresh_sandboxes(pg::Session& session, std::vector<Refresh> refreshes,
                                     Time list_started) {
  std::vector<SandboxId> ids;
  std::vector<SandboxState> statuses;
  std::vector<std::int64_t> epochs, timeouts;
  std::vector<std::optional<Time>> expiries;
  std::vector<Time> active;
  for (const auto& [status, report] : refreshes) {
    ids.push_back(report.id);
    statuses.push_back(status);
    epochs.push_back(static_cast<std::int64_t>(report.epoch));
    timeouts.push_back(report.timeout_sec);
    expiries.push_back(report.expires_at);
    active.push_back(report.last_active_at);
  }
  co_return done(co_await session.query(sql::refresh_sandboxes, ids, statuses, epochs, timeouts, expiries,
                                        active, list_started));
}

Task<Result<void>> record_template(pg::Session& session, HostId host, agents::TemplateReport report) {
  CO_TRY_VOID(co_await session.query(sql::record_template, report.size_bytes, TemplateState::deleting, host,
                                     kPlatformTeam, report.id));
  CO_TRY_VOID(co_await session.query(sql::apply_template_report, TemplateState::ready, report.vcpus,
                                     report.memory_mb, report.disk_mb, report.size_bytes, report.id, host,
                                     TemplateState::building, TemplateType::base));
  co_return done(co_await session.query(sql::ready_held_base, TemplateState::ready, report.id,
                                        TemplateState::building, TemplateType::base, host));
}

Task<Result<std::vector<TemplateId>>> list_template_removals(pg::Session& session, HostId host) {
  CO_TRY(auto rows,
         co_await session.query(sql::list_template_removals, host, states_where(&holds_resources)));
  std::vector<TemplateId> ids;
  for (std::size_t i = 0; i < rows.size(); ++i) ids.push_back(rows[i].get<TemplateId>("template_id"));
  co_return ids;
}

Task<Result<void>> forget_template(pg::Session& session, HostId host, TemplateId id) {
  co_return done(co_await session.query(sql::forget_template, id, host));
}

Task<Result<int>> delete_unheld_templates(pg::Session& session) {
  CO_TRY(auto rows, co_await session.query(sql::delete_unheld_templates, TemplateState::deleting,
                                           TemplateType::snapshot, TemplateState::building));
  co_return static_cast<int>(rows.affected());
}

namespace {

Task<Result<std::int64_t>> delete_expired_of_users(pg::Session& session) {
  CO_TRY(auto sessions, co_await session.query(sql::delete_user_sessions));
  CO_TRY(auto users, co_await session.query(sql::delete_inactive_users, access::UserStatus::inactive));
  CO_TRY(auto tokens, co_await session.query(sql::delete_mail_tokens));
  CO_TRY(auto mails, co_await session.query(sql::delete_mails));
  CO_TRY(auto failures, co_await session.query(sql::delete_login_failures));
  CO_TRY(auto flows, co_await session.query(sql::delete_oauth_flows));
  CO_TRY(auto codes, co_await session.query(sql::delete_oauth_codes));
  CO_TRY(auto tickets, co_await session.query(sql::delete_ws_tickets));
  co_return sessions.affected() + users.affected() + tokens.affected() + mails.affected() +
      failures.affected() + flows.affected() + codes.affected() + tickets.affected();
}

}  // namespace

Task<Result<int>> delete_expired(pg::Session& session) {
  CO_TRY(auto registration, co_await session.query(sql::delete_registration_tokens));
  CO_TRY(auto refresh, co_await session.query(sql::delete_refresh_tokens));
  CO_TRY(auto answers, co_await session.query(sql::delete_idempotency_keys));
  CO_TRY(auto accounts, co_await delete_expired_of_users(session));
  CO_TRY(auto invitations, co_await session.query(sql::delete_invitations));
  co_return static_cast<int>(registration.affected() + refresh.affected() + answers.affected() +
                             invitations.affected() + accounts);
}

}  // namespace sandbar::control::jobs
