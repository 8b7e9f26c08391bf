// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "sandbar/agent/templates/catalogue.h"
#include "sandbar/agent/vm/hypervisor.h"
#include "sandbar/async/blocking.h"
#include "sandbar/async/event.h"
#include "sandbar/base/id.h"

// From a template definition (docs/guides/templates.md) to a warmed image in the state directory: Debian
// packages become a tree, the tree a disk, and the hypervisor boots the disk once and keeps its memory. A
// template appears under templates/<id>/ whole or not at all; what a failed or killed build leaves lies under
// build/ and is removed by clean_up(). Builds may run at the same time.

namespace sandbar::agent {

// What a tree is made of: Debian packages, or nothing, for machines without a mirror and for tests.
enum class BuildKind { debian, plain };

struct TemplateBuilderConfig {
  std::filesystem::path state;  // SANDBAR_STATE_DIR
  std::filesystem::path
      programs;  // holds sandbar-guest and sandbar-init: the folder of the agent's own program
  std::filesystem::path
      definitions;  // where `include` and `file … <` look when a definition comes without a folder
  BuildKind kind = BuildKind::debian;
};

// What is to be built. Zero and empty members are as the definition says.
struct BuildOrder {
  TemplateId id;
  std::string definition;
  std::filesystem::path beside = {};  // folder of the definition's file, for `include` and `file … <`
  std::string name = {};
  VmShape shape = {.vcpus = 0, .memory_mib = 0, .disk_mib = 0};
  std::string healthcheck = {};
  bool confined = false;  // the definition is not ours: it does not get the host's network
};

// Whoever looks on. The builder asks `cancelled` between its steps, and breaks off a program that runs when
// `cancel` is notified.
struct BuildWatch {
  std::function<void(std::string)>
      log;  // one line at a time, without newline: "[ 40%] unpacking 112 packages"
  std::function<void(int done, int total)> step = {};
  std::shared_ptr<Event> cancel = {};
  std::function<bool()> cancelled = {};
};

class TemplateBuilder {
 public:
  using Log = std::function<void(std::string)>;
  // Whether a sandbox of this image answers the health check; it is not a template yet.
  using Check =
      std::function<Task<Result<void>>(TemplateImage, const TemplateSettings&, std::string command)>;

  TemplateBuilder(TemplateBuilderConfig config, Hypervisor& hypervisor);

  // Replaces a template of the same id. On failure the error's message ends with the last lines of the log,
  // and nothing is left; canceled if that was wished.
  Task<Result<void>> build(BuildOrder order, BuildWatch watch, Check check = {});

  // What templates are booted with (kernel.h), unless it is there. build() does it by itself.
  Task<Result<void>> prepare_boot(Log log);
  bool can_boot() const;
  // After an update of Sandbar: its programs take the place of older ones. Where nothing was booted yet,
  // nothing is done.
  Task<Result<void>> update_boot(Log log);

  // Removes what builds of an earlier run left behind. Call before the first build.
  Task<void> clean_up();

 private:
  Task<void> remove_left_over();  // only with the lock on build/
  TemplateBuilderConfig config_;
  Hypervisor& hypervisor_;
  BlockingPool blocking_{1};
};

}  // namespace sandbar::agent
