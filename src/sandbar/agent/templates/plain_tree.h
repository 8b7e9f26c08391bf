// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "sandbar/agent/templates/definition.h"
#include "sandbar/agent/templates/rootfs.h"

// The tree of a template that a fake hypervisor starts from: `home` in the folder of its disk, where the
// definition's files are and its commands have run, as ordinary processes. Of packages only the names count.

namespace sandbar::agent {

// invalid_request for a package whose name begins with "no-such-": the repository is empty of these only.
Result<void> choose_packages(const Definition& definition, Progress progress);
Task<Result<void>> make_plain_tree(std::filesystem::path disk, Definition definition, Progress progress);

}  // namespace sandbar::agent
