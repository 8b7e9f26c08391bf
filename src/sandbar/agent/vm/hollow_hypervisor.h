// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/agent/vm/hypervisor.h"

// The cheapest Hypervisor, for hundreds of sandboxes on one host: a VM is a file below state/run, which
// outlives this program as a real VM does, and nothing runs in it. Its guest accepts its identity and refuses
// everything else, so commands and files do not work. Pause, resume and snapshot move that file about.

namespace sandbar::agent {

Result<HypervisorPtr> make_hollow_hypervisor(Executor executor, const std::filesystem::path& state);

}  // namespace sandbar::agent
