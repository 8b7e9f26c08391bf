// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/agent/config.h"
#include "sandbar/async/task.h"

// The agent from its start to its end. app.cc is the only place that sees all parts; read top to bottom it is
// their dependency graph. VMs outlive the agent: a stop leaves them running, and the next start finds them.

namespace sandbar::agent {

inline constexpr std::string_view kVersion = SANDBAR_VERSION;

// Until SIGTERM, or until control has deleted this host.
Task<Result<void>> run_agent(Options options);
// `sandbar-agent template build`: without control, while no agent runs.
Task<Result<void>> build_template(Options options);

}  // namespace sandbar::agent
