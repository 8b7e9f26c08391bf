// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/jobs/driver.h"

#include <doctest/doctest.h>

#include "sandbar/async/spawn.h"
#include "sandbar/async/timer.h"
#include "sandbar/base/check.h"
#include "sandbar/control/schema/test_schema.h"

using namespace sandbar;
using namespace sandbar::control;
using namespace sandbar::control::jobs;
using namespace std::chrono_literals;

namespace {

Task<Result<JobReport>> count(int& runs, Leadership) {
  ++runs;
  co_return JobReport{};
}

Task<Result<JobReport>> fail_always(Leadership) { co_return fail(internal_error("told to")); }

Task<Result<JobReport>> break_always(Leadership) {
  SANDBAR_CHECK(false);
  co_return JobReport{};
}

Task<bool> eventually(std::function<bool()> holds) {
  auto deadline = std::chrono::steady_clock::now() + 10s;
  while (!holds() && std::chrono::steady_clock::now() < deadline) co_await sleep_for(5ms);
  co_return holds();
}

Task<void> electing(pg::Database& database) {
  auto executor = co_await boost::asio::this_coro::executor;
  int first_runs = 0, second_runs = 0;
  std::vector<Job> first_jobs{{"break", 10ms, break_always},
                              {"fail", 10ms, fail_always},
                              {"count", 10ms, std::bind_front(count, std::ref(first_runs))}};
  Driver first(database, std::move(first_jobs), 10ms);
  Driver second(database, {{"count", 10ms, std::bind_front(count, std::ref(second_runs))}}, 10ms);
  Supervisor first_task(executor), second_task(executor);
  first_task.spawn("first", first.run());
  CHECK(co_await eventually([&] { return first_runs >= 3; }));
  second_task.spawn("second", second.run());
  auto seen = first_runs;
  CHECK(co_await eventually([&] { return first_runs >= seen + 5; }));
  CHECK(second_runs == 0);
  co_await first_task.shut_down();
  CHECK(co_await eventually([&] { return second_runs >= 3; }));
  CHECK(second.leading());
  CHECK(!first.leading());
  co_await second_task.shut_down();
}

}  // namespace

TEST_CASE("jobs run in one replica at a time, go on after failures, and are taken over") {
  with_schema(electing);
}
