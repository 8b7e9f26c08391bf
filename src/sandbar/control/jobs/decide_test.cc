// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/jobs/decide.h"

#include <doctest/doctest.h>

using namespace sandbar;
using namespace sandbar::control;
using namespace sandbar::control::jobs;
using namespace std::chrono_literals;
using enum SandboxState;
using Kind = Verdict::Kind;

namespace {

const Time kNow{1'700'000'000s};

struct Case {
  SandboxState row;
  std::chrono::seconds age;
  std::optional<SandboxState> report;
  Kind kind;
  SandboxState to = stopped;
};

Verdict verdict_of(SandboxState status, std::chrono::seconds age, std::optional<SandboxState> reported,
                   std::uint64_t epoch = 2) {
  SandboxRow row{.status = status, .epoch = 1, .last_active_at = kNow - 1h, .last_updated = kNow - age};
  agents::SandboxReport report{
      .state = reported.value_or(running), .last_active_at = kNow - 1h, .epoch = epoch};
  return decide(row, reported ? &report : nullptr, kNow, Timings{});
}

}  // namespace

TEST_CASE("every pair of row and report has its verdict") {
  const Case cases[] = {
      {running, 5s, running, Kind::settle, running},
      {running, 5s, paused, Kind::settle, paused},
      {running, 5s, pausing, Kind::keep},
      {running, 5s, {}, Kind::end, stopped},
      {paused, 5s, paused, Kind::settle, paused},
      {paused, 5s, running, Kind::settle, running},
      {paused, 5s, {}, Kind::end, stopped},
      {missing, 5s, running, Kind::settle, running},
      {missing, 5s, paused, Kind::settle, paused},
      {missing, 5s, {}, Kind::end, stopped},
      {missing, 5s, starting, Kind::keep},
      {pausing, 5s, paused, Kind::keep},
      {pausing, 61s, paused, Kind::settle, paused},
      {pausing, 61s, running, Kind::settle, running},
      {pausing, 61s, {}, Kind::end, stopped},
      {resuming, 61s, running, Kind::settle, running},
      {resuming, 61s, paused, Kind::settle, paused},
      {resuming, 5s, {}, Kind::keep},
      {starting, 60s, {}, Kind::keep},
      {starting, 301s, {}, Kind::end, error},
      {starting, 301s, running, Kind::settle, running},
      {starting, 301s, starting, Kind::destroy, error},
      {pending, 301s, running, Kind::settle, running},
      {pending, 301s, {}, Kind::end, error},
      {stopping, 5s, running, Kind::keep},
      {stopping, 16s, running, Kind::destroy, stopped},
      {stopping, 16s, {}, Kind::end, stopped},
      {error, 5s, running, Kind::keep},
      {error, 61s, running, Kind::destroy, error},
      {error, 61s, {}, Kind::keep},
      {stopped, 61s, running, Kind::keep},
  };
  for (const auto& c : cases) {
    auto verdict = verdict_of(c.row, c.age, c.report);
    CAPTURE(enum_name(c.row));
    CAPTURE(c.age.count());
    CAPTURE(c.report ? enum_name(*c.report) : "absent");
    CHECK(verdict.kind == c.kind);
    if (verdict.kind != Kind::keep) CHECK(verdict.to == c.to);
  }
}

TEST_CASE("every settled or ended row makes a move that the transition table has") {
  for (auto row : states_where([](SandboxState) { return true; }))
    for (auto report : {starting, running, pausing, paused, resuming, stopping}) {
      auto verdict = verdict_of(row, 1h, report);
      if (verdict.kind == Kind::settle || verdict.kind == Kind::end)
        CHECK((row == verdict.to || can_move(row, verdict.to)));
    }
}

TEST_CASE("a row that was touched after the host was asked is left alone") {
  for (auto row : states_where([](SandboxState) { return true; })) {
    CHECK(verdict_of(row, 0s, {}).kind == Kind::keep);
    CHECK(verdict_of(row, -5s, running).kind == Kind::keep);
  }
}

TEST_CASE("an older report than the one already applied changes nothing, and neither does the same") {
  CHECK(verdict_of(running, 1h, paused, 0).kind == Kind::keep);
  CHECK(verdict_of(running, 1h, running, 1).kind == Kind::keep);
  CHECK(verdict_of(running, 1h, paused, 1).kind == Kind::settle);
}

TEST_CASE("why an agent paused a sandbox is told") {
  SandboxRow row{.status = running, .last_updated = kNow - 1min};
  agents::SandboxReport report{.state = paused, .pause_cause = agents::PauseCause::timeout, .epoch = 1};
  CHECK(decide(row, &report, kNow, Timings{}).cause == "idle for longer than its timeout");
}
