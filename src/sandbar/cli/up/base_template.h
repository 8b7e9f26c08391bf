// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/async/task.h"
#include "sandbar/cli/up/layout.h"
#include "sandbar/cli/up/report.h"

namespace sandbar::cli {

// Builds the base template in the agent's state, unless it is there already or nothing real runs in
// sandboxes. No agent may run meanwhile.
Task<Result<void>> build_base_template(Layout layout, std::string hypervisor, Report& report);

}  // namespace sandbar::cli
