// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/agent/vm/manifest.h"
#include "sandbar/agent/vm/qemu_host.h"
#include "sandbar/agent/vm/sandbox_files.h"

// Turning a long chain of disk layers into one that holds everything. qemu-img does it, in a jail of `slot`'s
// user: the layers were written by processes that we do not trust. Both block for as long as the disk takes
// to copy.

namespace sandbar::agent {

// Replaces the layers of an image under construction; answers the new list.
Result<std::vector<std::string>> flatten_image(const QemuHost& host, std::uint32_t slot,
                                               const std::filesystem::path& image,
                                               std::vector<std::string> layers);
// Gives a sandbox that does not run one layer of its own instead of many, which needs none of the template's.
Result<void> compact_layers(const QemuHost& host, std::uint32_t slot, const std::filesystem::path& image,
                            const Manifest& manifest, const SandboxFiles& files);

}  // namespace sandbar::agent
