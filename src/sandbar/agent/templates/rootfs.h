// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "sandbar/agent/templates/definition.h"
#include "sandbar/agent/templates/tool.h"
#include "sandbar/async/task.h"

// The tree of a template's disk. Packages are installed by mmdebstrap from the Debian sources of this
// machine. What the definition adds is written and run inside bubblewrap, with the tree as root, few
// capabilities and namespaces of its own: neither a command nor a symbolic link that a package left behind
// reaches a file of the host.

namespace sandbar::agent {

struct RootfsPlan {
  std::filesystem::path tree;      // made here; must not exist
  std::filesystem::path work;      // scratch folder; exists
  std::filesystem::path packages;  // downloaded packages, kept between builds
  std::filesystem::path apt;       // package lists (kernel.h)
};

struct Progress {
  std::function<void(int percent, std::string what)> step;  // percent of this part
  LineSink line;                                            // everything that the tools print
};

// "file /etc/motd", "run make": for logs.
std::string title_of(const BuildStep& step);

Task<Result<void>> install_packages(RootfsPlan plan, std::vector<std::string> packages, Progress progress);

// Name resolution, then the definition's steps in their order.
Task<Result<void>> customise(RootfsPlan plan, Definition definition, Progress progress);

// An ext4 image of the tree, `disk_mib` large and sparse. Mounts nothing.
Task<Result<void>> make_disk(std::filesystem::path tree, std::filesystem::path disk, int disk_mib,
                             LineSink line);

}  // namespace sandbar::agent
