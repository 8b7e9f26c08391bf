// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sandbar/async/task.h"
#include "sandbar/base/id.h"
#include "sandbar/http/stream.h"
#include "sandbar/model/limits.h"

// One of the three plugs: what runs a sandbox. QEMU in production; the fake starts the guest program as a
// plain process. A VM outlives this program: its owner stores VmHandle beside the sandbox's files, and
// adopt() finds it again. All calls for one VM come from one task at a time, except dial(), dial_guest() and
// usage(), which may come any time. Calls end within bounded time by themselves; other than dial(), none may
// be cancelled half-way.

namespace sandbar::agent {

struct VmShape {
  int vcpus = 1;
  int memory_mib = 512;
  int disk_mib = 0;  // size that the guest sees; 0 = the template's
};

// A template's files, written once and never changed: disk layers, memory image, device state, manifest.json.
// The manifest says which QEMU, CPU and devices it fits.
struct TemplateImage {
  std::filesystem::path directory;
};

// What must be remembered to find the VM again. Opaque to the owner, stored as JSON.
struct VmHandle {
  std::int64_t pid = 0;
  std::uint64_t start_time = 0;  // field 22 of /proc/PID/stat: tells a reused pid
  std::uint32_t slot = 0;        // network slot and user id
  std::string extra;             // whatever else the hypervisor needs
};

struct VmUsage {
  std::uint64_t cpu_ns = 0;        // since the VM's start
  std::uint64_t memory_bytes = 0;  // private memory of the process
  std::uint64_t disk_bytes = 0;    // allocated in the sandbox's own layer
};

struct NetworkRules {
  bool deny_egress = false;
  std::vector<std::string> allow_cidrs, deny_cidrs;

  bool operator==(const NetworkRules&) const = default;
};

struct RestoreSpec {
  SandboxId id;
  std::filesystem::path directory;  // the sandbox's own; exists, empty for a new one
  TemplateImage image;
  VmShape shape;  // must equal the template's, except disk_mib
  NetworkRules network;
  bool in_background = false;  // nobody waits for it: until become(), other VMs go first
  bool halted = false;         // it does not run before go_on()
  bool from_pause = false;     // bring back the pages and device state that pause() left in `directory`
  // Called as soon as there is a process, before anything of a pause image is given up: whoever is killed in
  // between finds the VM again.
  std::function<void(VmHandle)> started = {};
};

// What becomes of the process once everything is stored.
enum class AfterPause { end, halt };

class Vm {
 public:
  // Forgets the object; the VM itself goes on.
  virtual ~Vm() = default;

  virtual VmHandle handle() const = 0;
  // A connection to a TCP port inside the sandbox. Refused connections are Errc::unavailable.
  virtual Task<Result<http::ByteStreamPtr>> dial(std::uint16_t port) = 0;
  // One to the guest program, by the quickest way that is free.
  virtual Task<Result<http::ByteStreamPtr>> dial_guest() { return dial(limits::kGuestPort); }
  // Writes what differs from the template into `directory`; then the process ends, or stands still until
  // kill() or wake(). On an error the VM runs on.
  virtual Task<Result<void>> pause(AfterPause after) = 0;
  Task<Result<void>> pause() { return pause(AfterPause::end); }
  // Goes on after a pause that has halted it, and gives up what was stored, which is the past from then on.
  // On an error it still counts, and the VM is of no use.
  virtual Task<Result<void>> wake() = 0;
  // Publishes a new template image of the running VM into `into` (which does not exist yet); the VM goes on.
  virtual Task<Result<void>> snapshot(std::filesystem::path into) = 0;
  // Ends it and frees slot, cgroup and namespaces. Files in `directory` are the owner's.
  virtual Task<void> kill() = 0;
  // Returns when the process is gone, whoever ended it.
  virtual Task<void> exited() = 0;
  virtual Result<VmUsage> usage() = 0;

  // For VMs parked ahead of need: stop() halts the vCPUs and keeps the process, go_on() lets them run, again
  // or at last (the guest's clock stood still meanwhile: set it). A parked VM becomes a sandbox by renaming
  // its directory and telling us here, before it goes on.
  virtual Task<Result<void>> stop() = 0;
  virtual Task<Result<void>> go_on() = 0;
  virtual void become(SandboxId id, std::filesystem::path directory) = 0;
  // Replaces the rules given at restore(); connections that they forbid stop passing at once. invalid_request
  // names a CIDR that is none.
  virtual Task<Result<void>> set_network(NetworkRules rules) = 0;
};
using VmPtr = std::shared_ptr<Vm>;

// How an image that can be used was made: as it would be made now, or with an older guest program.
enum class Fit { current, outdated };

class Hypervisor {
 public:
  virtual ~Hypervisor() = default;
  // "qemu (kvm)", "qemu (emulated)", "fake": for logs and reports.
  virtual std::string name() const = 0;
  // Whether restore() can work with that image here: invalid_state says what differs. A template that was
  // built can then be booted again from its disk; a snapshot is lost to this machine.
  virtual Result<Fit> check(const TemplateImage&) const { return Fit::current; }
  // A running VM, guest not spoken to yet. The caller must set clock, entropy and identity (guest_client)
  // before anything of the user's runs. invalid_state if the image does not fit this machine (it must be
  // warmed again).
  virtual Task<Result<VmPtr>> restore(RestoreSpec spec) = 0;
  // Finds a VM that an earlier run of this program started; not_found if it is gone.
  virtual Task<Result<VmPtr>> adopt(RestoreSpec spec, VmHandle handle) = 0;
  // Whether `directory` holds everything that restore(from_pause) needs: tells a finished pause from a broken
  // one.
  virtual bool has_pause_image(const std::filesystem::path& directory) const {
    return std::filesystem::exists(directory / "vm" / "pages");
  }
  // Publishes a template image of a paused sandbox, which stays paused.
  virtual Task<Result<void>> snapshot_paused(RestoreSpec spec, std::filesystem::path into) = 0;
  // Boots `disk` (a raw ext4 image, taken over), waits until the guest answers, and publishes the warmed
  // template.
  virtual Task<Result<void>> warm(std::filesystem::path disk, VmShape shape, std::filesystem::path into) = 0;
  // Kills and removes everything of ours on this machine that none of `known` accounts for.
  virtual Task<void> clean_orphans(std::vector<VmHandle> known) = 0;
  // Before the program ends: waits for work in the background. VMs go on.
  virtual Task<void> shut_down() { co_return; }
};
using HypervisorPtr = std::unique_ptr<Hypervisor>;

}  // namespace sandbar::agent
