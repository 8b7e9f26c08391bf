// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fstream>
#include <map>
#include <set>

#include "sandbar/agent/vm/fake_hypervisor.h"
#include "sandbar/agent/vm/hypervisor.h"
#include "sandbar/async/event.h"
#include "sandbar/base/try.h"

// A Hypervisor for unit tests, without processes: VMs are entries of a table, the "machine", which outlives
// the hypervisor as real VMs outlive the agent. Tests say what is to fail.

namespace sandbar::agent::testing {

struct Machine {
  explicit Machine(Executor executor) : changed(std::move(executor)) {}

  Event changed;
  std::set<std::int64_t> alive, halted;        // pids
  std::map<std::int64_t, std::string> became;  // the sandboxes that parked VMs are now
  std::map<std::int64_t, NetworkRules> rules;  // those set later
  std::int64_t next_pid = 100;
  std::uint16_t guest_port = 0;                  // where the guest of every VM listens on this machine
  std::map<std::uint16_t, std::uint16_t> ports;  // further ports inside, and where they are in truth

  bool fail_restore = false, fail_pause = false, fail_go_on = false, fail_warm = false;
  std::set<std::string> fail_pause_of;  // ids
  std::set<std::string> unfit;          // directories of images that were made for another machine
  std::set<std::string> outdated;       // of those that were made with an older guest
  int warmed = 0, restores = 0;
  int guest_calls = 0;  // connections to the guest by the quickest way
  std::vector<std::int64_t> cleaned_up_except;

  void kill(std::int64_t pid) {
    alive.erase(pid);
    changed.notify_all();
  }
};

inline Error scripted_failure() { return {Errc::no_space, "as scripted"}; }

class ScriptedVm final : public Vm {
 public:
  ScriptedVm(Machine& machine, RestoreSpec spec, std::int64_t pid)
      : machine_(machine), spec_(std::move(spec)), pid_(pid) {}

  VmHandle handle() const override { return {pid_, 1, static_cast<std::uint32_t>(pid_), ""}; }

  Task<Result<http::ByteStreamPtr>> dial(std::uint16_t port) override {
    auto it = machine_.ports.find(port);
    auto real = port == 49983                ? machine_.guest_port
                : it == machine_.ports.end() ? std::uint16_t{0}
                                             : it->second;
    if (real == 0 || !machine_.alive.contains(pid_)) co_return fail(Error{Errc::unavailable, "refused"});
    co_return co_await http::connect_tcp("127.0.0.1", real);
  }

  Task<Result<http::ByteStreamPtr>> dial_guest() override {
    ++machine_.guest_calls;
    return Vm::dial_guest();
  }

  Task<Result<void>> pause(AfterPause after) override {
    if (machine_.fail_pause || machine_.fail_pause_of.contains(spec_.id.str()))
      co_return fail(scripted_failure());
    leave_pause_image(spec_.directory);
    if (after == AfterPause::halt)
      machine_.halted.insert(pid_);
    else
      machine_.kill(pid_);
    co_return Result<void>{};
  }

  Task<Result<void>> snapshot(std::filesystem::path into) override {
    co_return publish_fake_image(into, {2, 256, 1024});
  }

  Task<void> kill() override {
    machine_.kill(pid_);
    co_return;
  }
  Task<void> exited() override {
    while (machine_.alive.contains(pid_)) co_await machine_.changed.wait();
  }
  Result<VmUsage> usage() override {
    if (!machine_.alive.contains(pid_)) return fail(Error{Errc::unavailable, "gone"});
    return VmUsage{1000, 2000, 3000};
  }
  Task<Result<void>> stop() override {
    machine_.halted.insert(pid_);
    co_return Result<void>{};
  }
  Task<Result<void>> go_on() override {
    if (machine_.fail_go_on) co_return fail(scripted_failure());
    machine_.halted.erase(pid_);
    co_return Result<void>{};
  }
  Task<Result<void>> wake() override {
    if (!machine_.alive.contains(pid_)) co_return fail(Error{Errc::unavailable, "gone"});
    CO_TRY_VOID(co_await go_on());
    std::filesystem::remove(spec_.directory / "vm" / "pages");
    co_return Result<void>{};
  }
  void become(SandboxId id, std::filesystem::path directory) override {
    machine_.became[pid_] = id.str();
    spec_.directory = std::move(directory);
  }
  Task<Result<void>> set_network(NetworkRules rules) override {
    machine_.rules[pid_] = std::move(rules);
    co_return Result<void>{};
  }

  static void leave_pause_image(const std::filesystem::path& sandbox) {
    std::filesystem::create_directories(sandbox / "vm");
    std::ofstream(sandbox / "vm" / "pages") << "memory";
  }

 private:
  Machine& machine_;
  RestoreSpec spec_;
  std::int64_t pid_;
};

class ScriptedHypervisor final : public Hypervisor {
 public:
  explicit ScriptedHypervisor(Machine& machine) : machine_(machine) {}

  std::string name() const override { return "scripted"; }

  Result<Fit> check(const TemplateImage& image) const override {
    if (machine_.unfit.contains(image.directory.string()))
      return fail(invalid_state("made for another machine"));
    return machine_.outdated.contains(image.directory.string()) ? Fit::outdated : Fit::current;
  }

  Task<Result<VmPtr>> restore(RestoreSpec spec) override {
    ++machine_.restores;
    if (machine_.fail_restore) co_return fail(scripted_failure());
    if (spec.from_pause && !has_pause_image(spec.directory))
      co_return fail(Error{Errc::data_loss, "no image"});
    std::filesystem::remove(spec.directory / "vm" / "pages");
    machine_.alive.insert(machine_.next_pid);
    if (spec.halted) machine_.halted.insert(machine_.next_pid);
    co_return std::make_shared<ScriptedVm>(machine_, std::move(spec), machine_.next_pid++);
  }

  Task<Result<VmPtr>> adopt(RestoreSpec spec, VmHandle handle) override {
    if (!machine_.alive.contains(handle.pid))
      co_return fail(not_found("process", std::to_string(handle.pid)));
    co_return std::make_shared<ScriptedVm>(machine_, std::move(spec), handle.pid);
  }

  Task<Result<void>> snapshot_paused(RestoreSpec, std::filesystem::path into) override {
    co_return publish_fake_image(into, {2, 256, 1024});
  }

  Task<Result<void>> warm(std::filesystem::path, VmShape shape, std::filesystem::path into) override {
    ++machine_.warmed;
    if (machine_.fail_warm) co_return fail(scripted_failure());
    co_return publish_fake_image(into, shape);
  }

  Task<void> clean_orphans(std::vector<VmHandle> known) override {
    for (const auto& handle : known) machine_.cleaned_up_except.push_back(handle.pid);
    std::erase_if(machine_.alive, [&](auto pid) {
      return std::ranges::none_of(known, [pid](const auto& handle) { return handle.pid == pid; });
    });
    machine_.changed.notify_all();
    co_return;
  }

 private:
  Machine& machine_;
};

}  // namespace sandbar::agent::testing
