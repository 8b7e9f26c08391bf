// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "sandbar/control/sandboxes/service.h"

// What a sandbox uses, as its host measured it. The host keeps the points as long as it has the sandbox.

namespace sandbar::control::metrics {

class MetricsService {
 public:
  MetricsService(sandboxes::SandboxService& sandboxes, const Clock& clock)
      : sandboxes_(sandboxes), clock_(clock) {}

  // invalid_request for a range that is not in the table; not_found for a sandbox that is gone.
  Task<Result<std::vector<agents::MetricSample>>> of_sandbox(access::Actor actor, SandboxId id,
                                                             std::string range);

 private:
  sandboxes::SandboxService& sandboxes_;
  const Clock& clock_;
};

}  // namespace sandbar::control::metrics
