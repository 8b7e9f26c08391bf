// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/guest/session.h"

// What PID 1 of the virtual machine does before it serves: mounts, settings, network, cgroups. A step that
// fails is logged and does not stop the others, because a reachable guest with a defect beats an unreachable
// one.

namespace sandbar::guest {

// Of all commands: bounds their memory and their number. Each command is in one of its children.
inline constexpr const char* kCommandsCgroup = "/sys/fs/cgroup/sandbox";

// Also chooses the default user and the cgroups of `session`.
void boot(Session& session);
// Writes everything to disk and switches the machine off.
[[noreturn]] void power_off();

}  // namespace sandbar::guest
