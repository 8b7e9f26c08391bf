// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <string_view>

#include "sandbar/async/task.h"
#include "sandbar/control/agents/types.h"

// Jobs take no input: they read the world and make it right. Running one twice, or not at all for a while,
// does no harm.

namespace sandbar::control::jobs {

struct JobReport {
  int checked = 0, changed = 0;
};

// How long this replica has been the one that runs jobs. Right after a start, silence of a host proves
// nothing: nobody was there to hear it.
struct Leadership {
  std::chrono::steady_clock::time_point since = std::chrono::steady_clock::now();
};

struct Job {
  std::string_view name;
  std::chrono::milliseconds period;
  std::function<Task<Result<JobReport>>(Leadership)> run;
};

// How a job ran last, in whichever replica.
struct Report {
  std::string name;
  Time started_at{};
  std::int64_t duration_ms = 0;
  int checked = 0, changed = 0;
  std::string error = {};  // empty: it succeeded
  int failures = 0;        // since it succeeded last
  std::optional<Time> succeeded_at = {};
};
BOOST_DESCRIBE_STRUCT(Report, (),
                      (name, started_at, duration_ms, checked, changed, error, failures, succeeded_at))

struct Timings {
  std::chrono::milliseconds period{10'000};
  std::chrono::milliseconds host_stale_after{90'000};
  std::chrono::milliseconds create_limit{300'000};     // a start that takes longer has failed
  std::chrono::milliseconds transition_limit{60'000};  // a pause or resume whose request has died
  std::chrono::milliseconds stop_limit{15'000};        // a destroy that has to be repeated
  std::chrono::milliseconds orphan_grace{60'000};      // what runs without a row
  std::chrono::milliseconds host_call{10'000};         // everything that is asked of one host in one round
};

struct HostRow {
  HostId id;
  std::string address, cert_fingerprint;
};
BOOST_DESCRIBE_STRUCT(HostRow, (), (id, address, cert_fingerprint))

struct LostHost {
  HostId id;
  std::optional<TeamId> team_id;
};
BOOST_DESCRIBE_STRUCT(LostHost, (), (id, team_id))

// A sandbox as the database has it.
struct SandboxRow {
  SandboxId id;
  TeamId team_id;
  std::optional<HostId> host_id;
  SandboxState status = SandboxState::pending;
  std::int64_t epoch = 0;
  std::optional<Time> last_active_at;
  Time last_updated{};
};
BOOST_DESCRIBE_STRUCT(SandboxRow, (), (id, team_id, host_id, status, epoch, last_active_at, last_updated))

}  // namespace sandbar::control::jobs
