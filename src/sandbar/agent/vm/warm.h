// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/agent/vm/hypervisor.h"
#include "sandbar/agent/vm/qemu_host.h"

namespace sandbar::agent {

// Hypervisor::warm for QEMU: boots the disk once with the guest's kernel, waits until the guest answers GET
// /health, lets it come to rest, and keeps memory and device state as the image that all sandboxes of the
// template start from.
Task<Result<void>> warm_image(QemuHostPtr host, std::filesystem::path disk, VmShape shape,
                              std::filesystem::path into);

}  // namespace sandbar::agent
