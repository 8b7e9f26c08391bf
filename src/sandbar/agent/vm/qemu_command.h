// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sandbar/agent/vm/manifest.h"

// QEMU's command line, in one place: booting for a template and restoring from it must agree on every device.
// Paths are those inside the jail: /image (the template, read-only) and /own (the sandbox's files).
// Descriptors 3, 4 and 5 are the tap device and the listening sockets of QMP and of the serial port.

namespace sandbar::agent {

struct QemuCommand {
  std::string program;
  Machine machine;
  int vcpus = 1;
  int memory_mib = 512;
  std::vector<std::string> devices;
  std::vector<std::string> layers;  // of the disk, bottom first, the last is written to
  struct Boot {
    std::string command_line;  // of the kernel; RAM is /own/memory, shared with the file
  };
  std::optional<Boot> boot;     // none = restore, RAM is a private mapping of /image/memory
  int emulator_cache_mib = 64;  // translated code
};

// Whether there is a serial port to the guest.
bool has_line(const std::vector<std::string>& devices);
std::vector<std::string> arguments_of(const QemuCommand& command);
// For the trial of KVM: boots the kernel without a root file system, so that it panics and QEMU ends.
std::vector<std::string> trial_arguments(const QemuCommand& command);

}  // namespace sandbar::agent
