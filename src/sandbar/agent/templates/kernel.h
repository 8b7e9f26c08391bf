// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "sandbar/async/task.h"

// The guest kernel: Debian's cloud kernel, taken out of its package, and an initramfs with the virtio modules
// and our sandbar-init. Results are kernel/vmlinux, kernel/initrd.cpio and kernel/version.json of the state
// directory; they are made again when Debian has a newer kernel or our init has changed.

namespace sandbar::agent {

struct KernelPaths {
  std::filesystem::path kernel;   // where the three files go
  std::filesystem::path work;     // scratch folder on the same file system; exists, may be left dirty
  std::filesystem::path scratch;  // the same, on any file system
  std::filesystem::path apt;      // package lists, kept between runs
  std::filesystem::path init;     // the sandbar-init program
};

// What `apt` is told in every call: our own lists, so that the machine's are neither needed nor touched.
std::vector<std::string> apt_command(const std::filesystem::path& apt, std::vector<std::string> command);

// Brings the package lists up to date. Without network the old ones serve, if there are any.
Task<Result<void>> update_package_lists(std::filesystem::path apt, std::function<void(std::string)> log);

// Needs package lists. Does nothing when the files are there and fit.
Task<Result<void>> make_kernel(KernelPaths paths, std::function<void(std::string)> log);

}  // namespace sandbar::agent
