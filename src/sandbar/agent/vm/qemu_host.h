// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "sandbar/agent/jail/cgroup.h"
#include "sandbar/agent/jail/jail.h"
#include "sandbar/agent/net/slot_pool.h"
#include "sandbar/agent/vm/manifest.h"

// What all sandboxes of this host share: settings, network slots, cgroups, helper threads. Built once by the
// hypervisor and kept alive by whoever still needs it.

namespace sandbar::agent {

struct QemuConfig {
  std::filesystem::path state;  // of the agent; kernel/vmlinux and kernel/initrd.cpio below it
  std::filesystem::path program = "/usr/bin/qemu-system-x86_64";
  std::filesystem::path image_tool = "/usr/bin/qemu-img";
  std::filesystem::path claims = "/run/sandbar";
  NetConfig network;
  int emulator_cache_mib = 64;
  std::uint64_t io_bytes_per_second = 400 << 20;
  std::size_t flatten_above = 8;  // disk layers of an image
  std::chrono::milliseconds boot_limit = std::chrono::minutes(4);
};

struct QemuHost {
  QemuHost(Executor e, QemuConfig c, Instance i, Machine m);

  std::filesystem::path kernel() const { return config.state / "kernel" / "vmlinux"; }
  std::filesystem::path initrd() const { return config.state / "kernel" / "initrd.cpio"; }
  // boot_name() of what a template is booted with now; none if that is not there.
  std::optional<std::string> boot() const;
  std::filesystem::path run() const { return config.state / "run"; }
  std::filesystem::path qmp_socket(std::uint32_t slot) const { return run() / "qmp" / std::to_string(slot); }
  // Of the serial port to the guest.
  std::filesystem::path line_socket(std::uint32_t slot) const {
    return run() / "line" / std::to_string(slot);
  }
  static std::string cgroup(std::uint32_t slot) { return "vm-" + std::to_string(slot); }
  // A jail with what QEMU and qemu-img need, and nothing of any sandbox yet.
  JailSpec jail(std::uint32_t slot) const;
  // Whether a QEMU of this version may run an image of that one; learns the version from the first that runs.
  Result<void> check_version(const Manifest& manifest, const std::string& running);

  Executor executor;
  QemuConfig config;
  Instance instance;
  Machine machine;
  Cgroups cgroups;
  SlotPool slots;
  BlockingPool workers{3};
};
using QemuHostPtr = std::shared_ptr<QemuHost>;

// Directories below run/, the helper library for QEMU.
Result<void> prepare_run_directory(const std::filesystem::path& run);

}  // namespace sandbar::agent
