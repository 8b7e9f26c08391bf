// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "sandbar/agent/vm/hypervisor.h"
#include "sandbar/async/blocking.h"
#include "sandbar/base/id.h"

// From a template definition (docs/guides/templates.md) to a warmed image in the state directory: Debian
// packages become a tree, the tree a disk, and the hypervisor boots the disk once and keeps its memory. A
// template appears under templates/<id>/ whole or not at all; what a failed or killed build leaves lies under
// build/ and is removed by clean_up(). Builds may run at the same time.

namespace sandbar::agent {

struct TemplateBuilderConfig {
  std::filesystem::path state;  // SANDBAR_STATE_DIR
  std::filesystem::path
      programs;  // holds sandbar-guest and sandbar-init: the folder of the agent's own program
  std::filesystem::path
      definitions;  // where `include` and `file … <` look when a definition comes without a folder
};

class TemplateBuilder {
 public:
  // Gets one line at a time, without newline: "[ 40%] unpacking 112 packages".
  using Log = std::function<void(std::string)>;

  TemplateBuilder(TemplateBuilderConfig config, Hypervisor& hypervisor);

  // Replaces a template of the same id. On failure the error's message ends with the last lines of the log.
  // `beside` is the folder of the definition's file, for `include` and `file … <`.
  Task<Result<void>> build(TemplateId id, std::string definition, Log log, std::filesystem::path beside = {});

  // Makes kernel/{vmlinux,initrd.cpio,version.json} unless they are there and fit. build() does it by itself.
  Task<Result<void>> prepare_kernel(Log log);

  // Removes what builds of an earlier run left behind. Call before the first build.
  Task<void> clean_up();

 private:
  TemplateBuilderConfig config_;
  Hypervisor& hypervisor_;
  BlockingPool blocking_{1};
};

}  // namespace sandbar::agent
