// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/agent/vm/qemu_host.h"

namespace sandbar::agent {

// Fills in `host->machine`: KVM only after it has booted the guest's kernel here (see accelerator.h). Until
// the kernel is there, the emulator is what we have; call again when it is.
Task<Result<void>> choose_accelerator(QemuHostPtr host);
// Boots the kernel without a root file system: it panics, and QEMU ends, within `limit` or not at all.
// Blocks.
bool boots_kernel(const QemuHost& host, const Machine& machine, std::chrono::milliseconds limit);

}  // namespace sandbar::agent
