// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "sandbar/async/task.h"

// What templates are booted with (vm/boot_files.h): Debian's cloud kernel, taken out of its package, and an
// initramfs with its virtio modules and our programs. The guest program is not on a template's disk, so that
// an update of Sandbar reaches templates that exist: they are booted again with what is here then.

namespace sandbar::agent {

struct KernelPaths {
  std::filesystem::path kernel;       // where the files go
  std::filesystem::path work;         // scratch folder on the same file system; exists, may be left dirty
  std::filesystem::path scratch;      // the same, on any file system
  std::filesystem::path apt;          // package lists, kept between runs
  std::filesystem::path init, guest;  // the programs sandbar-init and sandbar-guest
};

// What `apt` is told in every call: our own lists, so that the machine's are neither needed nor touched.
std::vector<std::string> apt_command(const std::filesystem::path& apt, std::vector<std::string> command);

// Brings the package lists up to date. Without network the old ones serve, if there are any.
Task<Result<void>> update_package_lists(std::filesystem::path apt, std::function<void(std::string)> log);

// The newest kernel that the package lists know, and our programs with it. Does nothing when that is there.
Task<Result<void>> make_kernel(KernelPaths paths, std::function<void(std::string)> log);

// Only our programs: those of this installation, with the kernel that is there; not_found if there is none.
Result<void> put_programs(const KernelPaths& paths);

}  // namespace sandbar::agent
