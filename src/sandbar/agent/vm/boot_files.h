// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/describe.hpp>
#include <filesystem>
#include <optional>
#include <string>

#include "sandbar/agent/vm/manifest.h"
#include "sandbar/base/result.h"

// What templates are booted with: kernel/ of the state directory, filled by templates/kernel.h.
//   vmlinux, modules.cpio   of a Debian package
//   initrd.cpio             modules.cpio, and sandbar-init and sandbar-guest of this installation
//   version.json            what these are; written last

namespace sandbar::agent {

struct BootFiles {
  std::string package;                  // "linux-image-6.1.0-56-cloud-amd64"
  std::string version;                  // "6.1.192-2"
  std::optional<std::string> programs;  // SHA-256 of those in initrd.cpio; none while it is not made
};
BOOST_DESCRIBE_STRUCT(BootFiles, (), (package, version, programs))

// not_found while there are none.
Result<BootFiles> load_boot_files(const std::filesystem::path& kernel);
Result<void> save_boot_files(const std::filesystem::path& kernel, const BootFiles& files);

// Names what a memory image was booted with as far as it is ours: the programs and the kernel's command line.
// Equal on all hosts with the same Sandbar. Debian's kernel does not count: hosts get newer ones at different
// times, and an image is as good with either. None while there is no initramfs.
std::optional<std::string> boot_name(const BootFiles& files, const Machine& machine);

}  // namespace sandbar::agent
