// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/jobs/driver.h"

#include <algorithm>
#include <boost/asio/experimental/awaitable_operators.hpp>

#include "sandbar/async/timer.h"
#include "sandbar/async/together.h"
#include "sandbar/base/scope_exit.h"
#include "sandbar/control/jobs/store.h"
#include "sandbar/log/log.h"

namespace sandbar::control::jobs {

using namespace boost::asio::experimental::awaitable_operators;
using SteadyClock = std::chrono::steady_clock;

namespace {

// A job that runs often and finds nothing to do is not worth a write each time.
constexpr std::chrono::seconds kQuietReports{1};

// Ends with the reason when the lock's connection is lost.
Task<Result<void>> watch_leadership(pg::Session& lane, std::chrono::milliseconds period) {
  for (;;) {
    CO_TRY_VOID(co_await still_leading(lane));
    co_await sleep_for(period);
  }
}

}  // namespace

Task<void> Driver::run() {
  for (;;) {
    auto led = co_await lead();
    if (!led) log::warn("jobs interrupted", {{"error", led.error()}});
    co_await sleep_for(period_);
  }
}

Task<Result<void>> Driver::lead() {
  CO_TRY(auto lane, co_await database_.slow_lane());
  CO_TRY(leading_, co_await try_lead(*lane));
  if (!leading_) co_return Result<void>{};
  ScopeExit step_down([this] { leading_ = false; });
  log::info("jobs started", {{"count", jobs_.size()}});
  Leadership leadership;
  std::vector<Task<void>> loops;
  for (const auto& job : jobs_) loops.push_back(repeat(job, leadership));
  auto first = co_await (watch_leadership(*lane, period_) || run_together("jobs", std::move(loops)));
  auto ended = first.index() == 0 ? std::get<0>(std::move(first)) : Result<void>{};
  auto unlocked = co_await stop_leading(*lane);
  co_return ended ? unlocked : ended;
}

Task<void> Driver::repeat(Job job, Leadership leadership) {
  for (;;) {
    auto next = SteadyClock::now() + job.period;
    std::vector<Task<void>> run;
    run.push_back(run_job(job, leadership));
    co_await run_together(std::string(job.name), std::move(run));
    auto pause = std::chrono::ceil<std::chrono::milliseconds>(next - SteadyClock::now());
    co_await sleep_for(std::max(pause, std::chrono::milliseconds(1)));
  }
}

Task<void> Driver::run_job(Job job, Leadership leadership) {
  auto start = SteadyClock::now();
  auto report = co_await job.run(leadership);
  auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(SteadyClock::now() - start).count();
  if (!report) {
    log::warn("job failed", {{"job", job.name}, {"ms", ms}, {"error", report.error()}});
  } else if (report->changed > 0) {
    log::info("job ran",
              {{"job", job.name}, {"ms", ms}, {"checked", report->checked}, {"changed", report->changed}});
  } else {
    log::debug("job ran", {{"job", job.name}, {"ms", ms}, {"checked", report->checked}});
  }
  Report row{.name = std::string(job.name), .duration_ms = ms};
  if (report) {
    row.checked = report->checked;
    row.changed = report->changed;
  } else {
    row.error = report.error().message;
  }
  co_await record(std::move(row));
}

Task<void> Driver::record(Report report) {
  bool is_news = report.changed > 0 || !report.error.empty();
  auto& last = recorded_[report.name];
  if (!is_news && SteadyClock::now() - last < kQuietReports) co_return;
  last = SteadyClock::now();
  auto recorded = co_await put_report(database_, std::move(report));
  if (!recorded) log::debug("job's report not kept", {{"error", recorded.error()}});
}

}  // namespace sandbar::control::jobs
