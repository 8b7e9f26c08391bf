// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/jobs/reports.h"

#include "sandbar/control/access/call.h"
#include "sandbar/control/jobs/store.h"

namespace sandbar::control::jobs {
namespace {

using access::Call;
using enum http::Access;

struct JobView {
  std::string name;
  Time started_at{};
  std::int64_t duration_ms = 0;
  int checked = 0, changed = 0;
  std::optional<std::string> error;  // of the last run
  int failures = 0;                  // since the last success
  std::optional<Time> succeeded_at;
};
BOOST_DESCRIBE_STRUCT(JobView, (),
                      (name, started_at, duration_ms, checked, changed, error, failures, succeeded_at))

JobView view_of(Report report) {
  JobView view{std::move(report.name), report.started_at,  report.duration_ms,
               report.checked,         report.changed,     {},
               report.failures,        report.succeeded_at};
  if (!report.error.empty()) view.error = std::move(report.error);
  return view;
}

Task<Result<http::Page<JobView>>> list(JobReports& service, Call&) {
  CO_TRY(auto reports, co_await service.list());
  http::Page<JobView> page;
  for (auto& report : reports) page.items.push_back(view_of(std::move(report)));
  co_return page;
}

constexpr http::ServiceRoute<JobReports> kRoutes[] = {
    http::route<&list>("GET", "/v1/admin/jobs", platform_admin, "How each background job ran last"),
};

}  // namespace

Task<Result<std::vector<Report>>> JobReports::list() { return list_reports(database_); }

Task<Result<std::string>> JobReports::prometheus_text() {
  CO_TRY(auto reports, co_await list());
  std::string out = "# TYPE sandbar_job_failures gauge\n";
  for (const auto& report : reports)
    out += fmt::format("sandbar_job_failures{{job=\"{}\"}} {}\n", report.name, report.failures);
  out += "# TYPE sandbar_job_last_success_timestamp_seconds gauge\n";
  for (const auto& report : reports) {
    if (!report.succeeded_at) continue;
    auto at = std::chrono::duration<double>(report.succeeded_at->time_since_epoch()).count();
    out += fmt::format("sandbar_job_last_success_timestamp_seconds{{job=\"{}\"}} {:.3f}\n", report.name, at);
  }
  co_return out;
}

http::Routes<JobReports> routes() { return kRoutes; }

}  // namespace sandbar::control::jobs
