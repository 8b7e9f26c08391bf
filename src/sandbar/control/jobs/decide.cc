// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/jobs/decide.h"

namespace sandbar::control::jobs {
namespace {

using enum SandboxState;
using Kind = Verdict::Kind;
using namespace std::chrono_literals;

constexpr auto kActivityStep = 5s;  // finer changes of last_active_at are not worth a write

std::string_view cause_of_pause(agents::PauseCause cause) {
  switch (cause) {
    case agents::PauseCause::timeout:
      return "idle for longer than its timeout";
    case agents::PauseCause::isolated:
      return kLostControl;
    case agents::PauseCause::shutdown:
      return "its host was shut down";
    default:
      return "paused by its agent";
  }
}

std::string_view cause_of_return(const agents::SandboxReport& report) {
  bool paused_itself = report.state == paused && report.pause_cause == agents::PauseCause::isolated;
  return paused_itself ? kLostControl : kHostBack;
}

Verdict gone() { return {Kind::end, stopped, "gone from its host"}; }

Verdict settle(const SandboxRow& row, const agents::SandboxReport& report, std::string_view cause) {
  if (report.state != running && report.state != paused) return {};
  bool same = report.state == row.status;
  bool active = !row.last_active_at || report.last_active_at - *row.last_active_at >= kActivityStep;
  if (same && static_cast<std::int64_t>(report.epoch) == row.epoch && !active) return {};
  if (!same && !can_move(row.status, report.state)) return {};
  return {Kind::settle, report.state, std::string(cause)};
}

Verdict decide_start(const SandboxRow& row, const agents::SandboxReport* report) {
  if (!report) return {Kind::end, error, "its start was interrupted"};
  if (report->state == running) return settle(row, *report, "guest ready");
  return {Kind::destroy, error, "its start was interrupted"};
}

}  // namespace

Verdict decide(const SandboxRow& row, const agents::SandboxReport* report, Time asked_at,
               const Timings& timings) {
  auto age = asked_at - row.last_updated;
  if (age <= 0us) return {};
  if (report && static_cast<std::int64_t>(report->epoch) < row.epoch) return {};
  switch (row.status) {
    case running: {
      if (!report) return gone();
      return settle(row, *report, report->state == paused ? cause_of_pause(report->pause_cause) : "");
    }
    case paused:
      return report ? settle(row, *report, report->state == running ? "found running on its host" : "")
                    : gone();
    case missing:
      return report ? settle(row, *report, cause_of_return(*report)) : gone();
    case pausing:
    case resuming: {
      if (age < timings.transition_limit) return {};
      return report ? settle(row, *report, "its request was interrupted") : gone();
    }
    case pending:
    case starting:
      return age < timings.create_limit ? Verdict{} : decide_start(row, report);
    case stopping: {
      if (age < timings.stop_limit) return {};
      return report ? Verdict{Kind::destroy, stopped, "gone from its host"} : gone();
    }
    case error:
      return report && age > timings.orphan_grace ? Verdict{Kind::destroy, error, {}} : Verdict{};
    case stopped:
      return {};
  }
  return {};
}

}  // namespace sandbar::control::jobs
