// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>

#include "sandbar/agent/sandbox.h"

// VMs restored ahead of need, so that a new sandbox does not wait for its machine: each has run until its
// guest answered, then it was halted. How many are kept of which image follows what is asked for, within
// `most` and the memory that the host has to spare. They belong to nobody: whatever ends the agent ends them.
//
// A snapshot brings processes of its user's along, which must not run before their sandbox exists: its VMs
// are parked before they have run at all, and only while somebody asks for them.
//
// The VM of a sandbox that was just paused may stand still in memory, too: a resume soon afterwards does not
// read back what was written. It makes way when its time is over, or memory is short, or others came later.

namespace sandbar::agent {

struct MemoryOfHost {
  std::uint64_t total = 0, available = 0;  // bytes
};
MemoryOfHost read_memory_of_host();

// What a parked VM may have done before anybody took it.
enum class Rehearsal { done, forbidden };

struct ParkingLimits {
  int most = 0;                              // parked VMs; 0 = none
  std::chrono::milliseconds keep_paused{0};  // how long the VM of a paused sandbox stays; 0 = it ends
};

class Parking {
 public:
  Parking(World& world, const std::filesystem::path& state, ParkingLimits limits,
          std::function<MemoryOfHost()> memory = read_memory_of_host);

  // Removes the files of an earlier run; its VMs are orphans, which the hypervisor removes.
  Result<void> clean_up();

  // A halted VM of exactly that shape, or nothing. Either way more of them will be kept.
  std::optional<ParkedVm> take(const TemplateImage& image, VmShape shape,
                               Rehearsal rehearsal = Rehearsal::done);
  // Somebody may want one: the first is kept ready before anybody has asked.
  void expect(const TemplateImage& image, VmShape shape);
  // The images below that directory are about to be removed.
  void drop(const std::filesystem::path& directory);

  // Whether a sandbox that is paused now should leave its VM halted, for keep() to look after.
  AfterPause after_pause() const;
  void keep(const SandboxPtr& sandbox);

  // Keeps the promise, until shut_down(): as long as the agent runs.
  Task<void> run();
  // Ends all VMs that stand still and waits for what is under way.
  Task<void> shut_down();

  // Looks at demand, time and memory now, not in a few seconds.
  void look() { changed_.notify_all(); }

  std::size_t parked() const;

 private:
  struct Lot {  // the VMs of one image
    VmShape shape;
    Rehearsal rehearsal;
    std::deque<ParkedVm> parked;
    std::deque<Time> asked;  // the latest, at most `most`
    Time last_asked;
    Time not_before = Time::min();  // after a failure
  };
  struct Kept {
    std::weak_ptr<Sandbox> sandbox;
    Time since;
  };
  using Lots = std::map<std::filesystem::path, Lot>;

  Lot& lot_of(const TemplateImage& image, VmShape shape, Rehearsal rehearsal);
  std::map<std::filesystem::path, std::size_t> shares() const;
  std::optional<std::filesystem::path> wanted() const;
  bool may_grow() const;
  void end_surplus();
  void end_kept();
  Task<void> park(std::filesystem::path image);
  Task<Result<ParkedVm>> restore(std::filesystem::path image, VmShape shape, Rehearsal rehearsal);
  Task<Result<void>> rehearse_and_halt(const ParkedVm& parked);
  Task<void> end(ParkedVm parked);
  void end_soon(ParkedVm parked);

  World& world_;
  std::filesystem::path directory_;
  std::size_t most_;
  std::chrono::milliseconds keep_paused_;
  std::function<MemoryOfHost()> memory_;
  Lots lots_;
  std::deque<Kept> kept_;  // the oldest first
  Event changed_;
  bool is_parking_ = false, closed_ = false;
};

}  // namespace sandbar::agent
