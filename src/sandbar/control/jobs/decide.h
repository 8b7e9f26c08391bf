// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "sandbar/control/jobs/types.h"

// What to do about one sandbox, given its row and what its host says about it: a pure function, so that the
// whole table of cases is a unit test. Rows that were touched since the host was asked are left alone, and so
// are transitions that a request is probably still busy with.

namespace sandbar::control::jobs {

struct Verdict {
  enum class Kind {
    keep,
    settle,   // take the agent's report over, with status `to`
    end,      // the row becomes `to` (stopped or error); nothing is on the host
    destroy,  // the host must destroy it; afterwards the row becomes `to`, unless it is that already
  };
  Kind kind = Kind::keep;
  SandboxState to = SandboxState::stopped;
  std::string cause = {};
};

// `report`: nullptr if the host does not have it. `asked_at`: before the host was asked, by the database's
// clock.
Verdict decide(const SandboxRow& row, const agents::SandboxReport* report, Time asked_at,
               const Timings& timings);

}  // namespace sandbar::control::jobs
