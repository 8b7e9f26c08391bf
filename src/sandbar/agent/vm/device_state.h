// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/agent/vm/qmp.h"

namespace sandbar::agent {

// The state of vCPUs and devices, without memory. QEMU writes and reads a descriptor of ours: it has no path
// to it. Both need a VM that stands still.
Task<Result<void>> save_device_state(QmpClient& qmp, std::filesystem::path into);
// Guest memory must be in place: virtio devices read their rings while they load.
Task<Result<void>> load_device_state(QmpClient& qmp, std::filesystem::path from);

}  // namespace sandbar::agent
