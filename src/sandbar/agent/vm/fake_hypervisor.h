// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "sandbar/agent/vm/hypervisor.h"

// The Hypervisor for tests and for machines without QEMU: every sandbox is the guest program as an ordinary
// process, with a home folder of its own and, when we are root, process ids of its own. It isolates nothing.
//   pause    stops all its processes and leaves a marker; resume lets them go on. They stay in memory, so a
//   reboot
//            loses them, unlike a real pause.
//   warm     takes a folder that holds `home` for a disk, and anything else for an empty one.
//   snapshot copies the home folder; processes are not copied.
// VMs survive this program like real ones: they are found again by pid and start time.

namespace sandbar::agent {

struct FakeConfig {
  std::filesystem::path state;  // of the agent
  std::filesystem::path guest;  // program to run
};

// Sockets are made below state/run, whose path must be short.
Result<HypervisorPtr> make_fake_hypervisor(Executor executor, FakeConfig config);

// An image that restore() accepts. Real ones come out of warm().
Result<void> publish_fake_image(const std::filesystem::path& directory, VmShape shape);
// One of a sandbox: its shape is fixed.
Result<void> publish_fake_snapshot(const std::filesystem::path& directory, VmShape shape);

}  // namespace sandbar::agent
