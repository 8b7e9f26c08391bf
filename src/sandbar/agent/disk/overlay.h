// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "sandbar/base/result.h"

// A guest's disk is a chain of layers: a raw file system below, qcow2 overlays above, the topmost written to.
// The chain is always spelled out when QEMU or qemu-img opens it: what a layer's header says about its
// backing file is never believed, because whoever breaks out of a guest into its QEMU can write that header.
// QEMU's file locks are off: a paused sandbox may be resumed while its old process, killed at rest, still is
// on its way out.

namespace sandbar::agent {

// An empty qcow2 (version 3, 64 KiB clusters) of the given size, without running a tool. `path` must not
// exist.
Result<void> create_overlay(const std::filesystem::path& path, std::uint64_t virtual_bytes);

// The value of QEMU's -drive for a chain, bottom first, with the paths that the process will see.
// A path that ends in ".raw" is raw; anything else is qcow2. All but the last are opened read-only.
std::string drive_options(const std::vector<std::string>& layers);
// The same for qemu-img --image-opts.
std::string image_options(const std::vector<std::string>& layers);

}  // namespace sandbar::agent
