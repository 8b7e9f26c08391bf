// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/agent/vm/hypervisor.h"
#include "sandbar/agent/vm/qemu_host.h"

// The Hypervisor of production: QEMU's microvm, with KVM where that works, else with QEMU's emulator.
// Needs root. `config.state`/kernel/{vmlinux,initrd.cpio} must exist before warm() is called.

namespace sandbar::agent {

// Claims this state directory's number, makes the first network slots in the background.
Task<Result<HypervisorPtr>> create_qemu(QemuConfig config);

}  // namespace sandbar::agent
