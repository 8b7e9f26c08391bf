// SPDX-License-Identifier: Apache-2.0
#include "sandbar/agent/vm/kvm_trial.h"

#include <poll.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "sandbar/agent/disk/files.h"
#include "sandbar/agent/jail/process.h"
#include "sandbar/agent/vm/accelerator.h"
#include "sandbar/agent/vm/qemu_command.h"
#include "sandbar/base/try.h"
#include "sandbar/log/log.h"

namespace sandbar::agent {
namespace {

constexpr auto kTrialLimit = std::chrono::seconds(10);
constexpr int kTrialMemoryMib = 256;
constexpr std::uint32_t kTrialSlot = Instance::kMaxSlots - 1;  // lends its user id only

JailSpec trial_jail(const QemuHost& host, const Machine& machine, int output) {
  auto spec = host.jail(kTrialSlot);
  QemuCommand command{.program = host.config.program, .machine = machine, .memory_mib = kTrialMemoryMib};
  command.boot = QemuCommand::Boot{kernel_command_line(machine)};
  spec.argv = trial_arguments(command);
  spec.binds.push_back({host.config.program, host.config.program});
  spec.binds.push_back({host.kernel(), "/kernel/vmlinux"});
  if (machine.accelerator == "kvm")
    spec.binds.push_back({host.run() / "kvm", "/dev/kvm", JailBind::Access::device});
  spec.output = output;
  return spec;
}

Result<bool> try_kvm(const QemuHost& host, std::uint64_t tsc_khz) {
  AcceleratorCache cache(host.config.state / "accelerator.json", host.kernel(), host.config.program);
  if (auto known = cache.kvm_works()) return *known;
  bool works = boots_kernel(host, machine_with(true, tsc_khz), kTrialLimit);
  cache.remember(works);
  log::info(works ? "KVM runs the guest's kernel" : "KVM does not run the guest's kernel: emulating instead");
  return works;
}

}  // namespace

bool boots_kernel(const QemuHost& host, const Machine& machine, std::chrono::milliseconds limit) {
  proc::Fd output(::memfd_create("output", MFD_CLOEXEC));
  auto process = start_jailed(trial_jail(host, machine, output.get()));
  if (!process) {
    log::warn("trial of an accelerator did not start", {{"error", process.error()}});
    return false;
  }
  pollfd end{process->pidfd.get(), POLLIN, 0};
  bool ended = ::poll(&end, 1, static_cast<int>(limit.count())) == 1;
  if (!ended) kill_process(process->pidfd);
  siginfo_t info{};
  ::waitid(P_PIDFD, static_cast<id_t>(process->pidfd.get()), &info, WEXITED);
  return ended && info.si_code == CLD_EXITED && info.si_status == 0;
}

Task<Result<void>> choose_accelerator(QemuHostPtr host) {
  auto chosen = co_await host->workers.run([host]() -> Result<Machine> {
    auto tsc_khz = host->machine.tsc_khz ? host->machine.tsc_khz : measure_tsc_khz();
    bool kvm = false;
    if (kvm_is_worth_trying() && fs::exists(host->kernel())) {
      TRY(kvm, try_kvm(*host, tsc_khz));
    }
    return machine_with(kvm, tsc_khz);
  });
  CO_TRY(auto machine, std::move(chosen));
  machine.qemu = host->machine.qemu;
  host->machine = std::move(machine);
  co_return Result<void>{};
}

}  // namespace sandbar::agent
