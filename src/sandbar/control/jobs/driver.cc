// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/jobs/driver.h"

#include <algorithm>

#include "sandbar/async/timer.h"
#include "sandbar/async/together.h"
#include "sandbar/base/scope_exit.h"
#include "sandbar/control/jobs/store.h"
#include "sandbar/log/log.h"

namespace sandbar::control::jobs {

using SteadyClock = std::chrono::steady_clock;

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
  auto ended = co_await run_jobs(*lane);
  auto unlocked = co_await stop_leading(*lane);
  co_return ended ? unlocked : ended;
}

Task<Result<void>> Driver::run_jobs(pg::Session& lane) {
  Leadership leadership;
  std::vector<SteadyClock::time_point> due(jobs_.size(), leadership.since);
  for (;;) {
    for (std::size_t i = 0; i < jobs_.size(); ++i) {
      if (SteadyClock::now() < due[i]) continue;
      CO_TRY_VOID(co_await still_leading(lane));
      std::vector<Task<void>> job;
      job.push_back(run_job(jobs_[i], leadership));
      co_await run_together(std::string(jobs_[i].name), std::move(job));
      due[i] = SteadyClock::now() + jobs_[i].period;
    }
    auto next = *std::ranges::min_element(due) - SteadyClock::now();
    co_await sleep_for(std::clamp(std::chrono::ceil<std::chrono::milliseconds>(next),
                                  std::chrono::milliseconds(1), period_));
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
}

}  // namespace sandbar::control::jobs
