// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "sandbar/agent/data_plane/ports.h"
#include "sandbar/agent/guest_client/guest_client.h"
#include "sandbar/agent/metrics_ring.h"
#include "sandbar/agent/record.h"
#include "sandbar/agent/vm/hypervisor.h"
#include "sandbar/async/blocking.h"
#include "sandbar/async/event.h"
#include "sandbar/async/spawn.h"
#include "sandbar/async/task_lock.h"

// One sandbox: its state, its files, and the steps that change them. Each step leaves memory, record and VM
// in agreement, whether it succeeds or fails. One step at a time: whoever calls one holds lock().

namespace sandbar::agent {

// What all sandboxes of the host share.
struct World {
  Executor executor;
  Hypervisor& hypervisor;
  const Clock& clock;
  BlockingPool& blocking;
  Supervisor& tasks;     // work that ends; a stopping agent waits for it
  Supervisor& watchers;  // what goes on for as long as the agent
  std::chrono::milliseconds guest_ready{30'000};
  // What booting a disk needs on this machine, made when it is needed first.
  std::function<Task<Result<void>>()> prepare_boot = {};
};

// A VM that stands still.
struct HaltedVm {
  VmPtr vm;
  std::shared_ptr<http::Client> guest;  // has spoken with it already
};

// One made ahead of need, that no sandbox is yet.
struct ParkedVm : HaltedVm {
  std::filesystem::path directory;  // its files; whoever takes it gives them another name
};

struct SandboxReport {
  SandboxRecord record;
  std::optional<Time> expires_at;
  std::uint64_t disk_bytes = 0, memory_bytes = 0;
};

class Sandbox {
 public:
  Sandbox(World& world, std::filesystem::path directory, SandboxRecord record);

  TaskLock& lock() { return lock_; }
  const SandboxRecord& record() const { return record_; }
  Status status() const { return record_.status; }
  const std::filesystem::path& directory() const { return directory_; }
  bool gone() const { return gone_; }  // destroyed, or never came up
  const VmPtr& vm() const { return vm_; }
  MetricsRing& metrics() { return metrics_; }
  SandboxReport report() const;

  // From nothing to running. `command` is the template's start command, or empty. A parked VM of that image
  // and shape saves the restore. On failure nothing is left.
  Task<Result<void>> start(std::string image, GuestIdentity who, std::string command,
                           std::optional<ParkedVm> parked = std::nullopt);
  // On failure it runs on. A VM that is only halted makes the next resume a fast one.
  Task<Result<void>> pause(PauseCause cause, AfterPause after = AfterPause::end);
  // The halted VM of a paused sandbox, if there is one.
  VmPtr halted_vm() const { return halted_ ? halted_->vm : nullptr; }
  // Ends it: the sandbox stays paused. At any time, without the lock.
  Task<void> end_halted();
  // The process of a VM that it had, or has, is gone.
  void note_end_of(const VmPtr& vm);
  // On failure it stays paused.
  Task<Result<void>> resume(GuestIdentity who);
  Task<Result<void>> snapshot(std::filesystem::path into);
  Task<void> destroy();
  // After a restart of the agent: the VM is there (or not), and the record may tell of a step that was
  // interrupted.
  Task<void> recover(VmPtr vm);

  void set_timeout(std::int64_t timeout_s);
  void touch() { last_active_ = world_.clock.now(); }
  // When the reaper is to act; nothing without timeout, while a call is open, or when it does not run.
  std::optional<Time> expires_at() const;
  // The reaper could not pause it: it is left alone for a while.
  void postpone(std::chrono::milliseconds by) { not_before_ = world_.clock.now() + by; }
  void sample();

  // Connections to the guest's own port; empty unless there is a VM.
  std::shared_ptr<http::Client> guest() const { return guest_; }
  // And to all others.
  std::shared_ptr<Ports> ports() const { return ports_; }
  // Notified when the VM has gone: everything that speaks with it must break off.
  Event& vm_lost() { return vm_lost_; }

  // A request to a port of the user's, as long as this lives; those of one sandbox are counted.
  class Visit {
   public:
    explicit Visit(std::shared_ptr<Sandbox> sandbox) : sandbox_(std::move(sandbox)) { ++sandbox_->visits_; }
    Visit(Visit&&) = default;
    Visit& operator=(Visit&&) = delete;
    ~Visit() {
      if (sandbox_) --sandbox_->visits_;
    }

   private:
    std::shared_ptr<Sandbox> sandbox_;
  };
  int visits() const { return visits_; }

  // Somebody speaks with the sandbox as long as this lives.
  class Activity {
   public:
    explicit Activity(std::shared_ptr<Sandbox> sandbox) : sandbox_(std::move(sandbox)) { ++sandbox_->open_; }
    Activity(Activity&&) = default;
    Activity& operator=(Activity&&) = delete;
    ~Activity() {
      if (!sandbox_) return;
      --sandbox_->open_;
      sandbox_->touch();
    }

   private:
    std::shared_ptr<Sandbox> sandbox_;
  };

 private:
  Task<Result<void>> boot(bool from_pause, GuestIdentity who);
  Task<Result<void>> boot_new(GuestIdentity who, std::optional<ParkedVm> parked);
  Task<Result<void>> take_over(ParkedVm& parked, GuestIdentity who);
  Task<Result<void>> wake_or_boot(GuestIdentity who);
  Task<void> await_last_vm();
  void record_without_vm();
  Task<Result<void>> introduce_or_die(GuestIdentity who);
  void use_vm(VmPtr vm, std::shared_ptr<http::Client> guest = nullptr);
  void drop_vm();
  Task<void> remove_files(std::filesystem::path directory);
  void move_to(Status status, Durability durability = Durability::process);
  Result<void> save(Durability durability);

  World& world_;
  std::filesystem::path directory_;
  SandboxRecord record_;
  TaskLock lock_;
  VmPtr vm_;
  std::shared_ptr<http::Client> guest_;
  std::optional<HaltedVm> halted_;
  VmPtr last_vm_;  // about to end: until then its files are locked
  std::shared_ptr<Ports> ports_;
  Event vm_lost_;
  MetricsRing metrics_;
  Time last_active_;
  Time not_before_ = Time::min();
  std::uint64_t paused_bytes_ = 0;
  int open_ = 0, visits_ = 0;
  bool gone_ = false;
};

using SandboxPtr = std::shared_ptr<Sandbox>;

}  // namespace sandbar::agent
