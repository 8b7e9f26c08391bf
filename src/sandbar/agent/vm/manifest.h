// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sandbar/base/result.h"

// QEMU does not check that it is started as it was when the memory image was made: with another CPU the guest
// hangs, with another number of CPUs or devices it is silently broken. So each image says what it needs
// (manifest.json), the command line is made from that, and what this machine cannot give is refused before
// anything starts.

namespace sandbar::agent {

// What the device state was saved from. Two machines with equal values may exchange images.
struct Machine {
  std::string qemu;           // version and package
  std::string board;          // QEMU's -M
  std::string accelerator;    // "kvm" or "tcg"
  std::string cpu;            // QEMU's -cpu; with KVM followed by the host's model
  std::uint64_t tsc_khz = 0;  // of the emulated time stamp counter; 0 under KVM
};
BOOST_DESCRIBE_STRUCT(Machine, (), (qemu, board, accelerator, cpu, tsc_khz))

struct Manifest {
  int version = 0;
  Machine machine;
  int vcpus = 0;
  int memory_mib = 0;
  int disk_mib = 0;
  std::vector<std::string> devices;  // in the order of the command line
  std::vector<std::string> layers;   // of the disk, bottom first; files beside the manifest
  std::optional<std::string> boot;   // boot_name() of what was booted; older images do not say
};
BOOST_DESCRIBE_STRUCT(Manifest, (), (version, machine, vcpus, memory_mib, disk_mib, devices, layers, boot))

// The disk that was booted, and what booting wrote above it: memory can be made again from these. A snapshot
// has more layers, and its memory is what it is.
bool was_booted(const Manifest& manifest);
inline constexpr std::string_view kBootDisk = "disk.0.raw";

inline constexpr int kManifestVersion = 1;
// The devices of every new image. An image says which it has; unknown ones make it invalid.
const std::vector<std::string>& sandbox_devices();

// Checked: versions, limits, and that layers are plain file names. not_found if there is no image.
Result<Manifest> load_manifest(const std::filesystem::path& image);
Result<void> save_manifest(const std::filesystem::path& image, const Manifest& manifest);
// invalid_state says in words what differs. `here.qemu` may be empty: not known before one runs.
Result<void> check_fit(const Manifest& manifest, const Machine& here);

}  // namespace sandbar::agent
