// SPDX-License-Identifier: Apache-2.0
#include "sandbar/agent/vm/qemu_process.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbar/agent/disk/files.h"
#include "sandbar/agent/jail/process.h"
#include "sandbar/agent/vm/unix_socket.h"
#include "sandbar/async/spawn.h"
#include "sandbar/base/try.h"
#include "sandbar/base/units.h"
#include "sandbar/log/log.h"
#include "sandbar/proc/ended.h"

namespace sandbar::agent {
namespace {

constexpr std::size_t kOutput = 64 * 1024;
constexpr auto kStartLimit = std::chrono::seconds(60);
// Beyond it TCP is tried; a guest that has much to do answers both late.
constexpr auto kLineLimit = std::chrono::seconds(2);
// QEMU itself, its translated code's bookkeeping, page tables.
constexpr std::uint64_t kOverhead = 192 * kMib;
constexpr int kThreads = 160;  // vCPUs, I/O workers

// What QEMU prints goes to a memory file that cannot grow: nobody has to drain it, and it cannot fill
// anything.
Result<proc::Fd> bounded_output() {
  proc::Fd fd(::memfd_create("output", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!fd || ::ftruncate(fd.get(), kOutput) != 0 ||
      ::fcntl(fd.get(), F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) != 0)
    return fail(errno_error("make an output file", errno));
  return fd;
}

CgroupLimits limits_for(const QemuCommand& command, const QemuConfig& config) {
  auto memory =
      static_cast<std::uint64_t>(command.memory_mib + command.emulator_cache_mib) * kMib + kOverhead;
  return {memory, 100 * command.vcpus + 50, kThreads + command.vcpus, config.io_bytes_per_second};
}

}  // namespace

QemuProcess::QemuProcess(QemuHostPtr host, NetSlot slot)
    : host_(std::move(host)), slot_(std::move(slot)), end_(host_->executor) {}

Task<Result<QemuProcessPtr>> QemuProcess::start(QemuHostPtr host, NetSlot slot, QemuStart start) {
  auto process = std::make_shared<QemuProcess>(std::move(host), std::move(slot));
  auto launched = co_await process->launch(std::move(start));
  if (launched) co_return process;
  auto error = std::move(launched).error();
  if (auto said = process->output(); !said.empty()) error.detail += "; qemu: " + said;
  process->pid_ ? process->kill() : process->clean_up();
  co_return fail(std::move(error));
}

Result<JailedProcess> QemuProcess::spawn(const QemuStart& start) {
  auto spec = host_->jail(slot_.number);
  spec.argv = arguments_of(start.command);
  spec.env = {"LD_PRELOAD=/shim.so"};
  spec.binds.push_back({host_->config.program, host_->config.program});
  spec.binds.push_back({host_->run() / "shim.so", "/shim.so"});
  if (!start.image.empty()) spec.binds.push_back({start.image, "/image"});
  spec.binds.push_back({start.own, "/own", JailBind::Access::write});
  if (start.command.machine.accelerator == "kvm")
    spec.binds.push_back({host_->run() / "kvm", "/dev/kvm", JailBind::Access::device});
  if (start.command.boot) {
    spec.binds.push_back({host_->kernel(), "/kernel/vmlinux"});
    spec.binds.push_back({host_->initrd(), "/kernel/initrd"});
  }
  TRY(auto qmp, listen_unix(host_->qmp_socket(slot_.number)));
  proc::Fd line;
  if (has_line(start.command.devices)) {
    TRY(line, listen_unix(host_->line_socket(slot_.number)));
  }
  TRY(output_, bounded_output());
  TRY(auto groups,
      host_->cgroups.create(QemuHost::cgroup(slot_.number), limits_for(start.command, host_->config)));
  host_->cgroups.set_background(QemuHost::cgroup(slot_.number), start.in_background);
  for (const auto& group : groups) spec.cgroup_procs.push_back(group.get());
  spec.fds = {slot_.tap.get(), qmp.get()};
  if (line) spec.fds.push_back(line.get());
  spec.output = output_.get();
  spec.limits.file_bytes = start.file_bytes;
  return start_jailed(spec);
}

Task<Result<void>> QemuProcess::launch(QemuStart start) {
  CO_TRY(auto jailed, co_await host_->workers.run([this, &start] { return spawn(start); }));
  pid_ = jailed.pid;
  pidfd_ = std::move(jailed.pidfd);
  slot_.tap.reset();
  watch();
  CO_TRY(auto stat, stat_process(pid_));
  start_time_ = stat.start_time;
  CO_TRY(qmp_, co_await QmpClient::connect(host_->executor, host_->qmp_socket(slot_.number), kStartLimit));
  if (has_line(start.command.devices)) connect_line();
  co_return Result<void>{};
}

// QEMU tells the guest when whoever is at the other end comes or goes; one that is there before the device
// state is loaded is the same to it as the one before. Without the port there is still the network.
void QemuProcess::connect_line() {
  auto port = connect_unix(host_->line_socket(slot_.number));
  if (port)
    line_ = serial::Line::start(host_->executor, std::move(*port));
  else
    log::warn("serial port not reached", {{"slot", slot_.number}, {"error", port.error()}});
}

Task<Result<http::ByteStreamPtr>> QemuProcess::open_line() {
  if (!line_) co_return fail(Error{Errc::unavailable, "there is no serial port"});
  co_return co_await line_->open(kLineLimit);
}

Task<Result<QemuProcessPtr>> QemuProcess::adopt(QemuHostPtr host, VmHandle handle) {
  CO_TRY(auto pidfd, open_process(static_cast<pid_t>(handle.pid), handle.start_time));
  CO_TRY(auto slot, host->slots.adopt(handle.slot));
  auto process = std::make_shared<QemuProcess>(host, std::move(slot));
  process->pid_ = static_cast<pid_t>(handle.pid);
  process->start_time_ = handle.start_time;
  process->pidfd_ = std::move(pidfd);
  process->watch();
  CO_TRY(process->qmp_,
         co_await QmpClient::connect(host->executor, host->qmp_socket(handle.slot), kStartLimit));
  if (fs::exists(host->line_socket(handle.slot))) process->connect_line();
  co_return process;
}

void QemuProcess::watch() {
  sandbar::spawn(host_->executor, "end of a sandbox", watch_end(shared_from_this()));
}

Task<void> QemuProcess::watch_end(QemuProcessPtr self) {
  co_await proc::wait_until_ended(proc::Fd(::fcntl(self->pidfd_.get(), F_DUPFD_CLOEXEC, 3)));
  siginfo_t ignored{};
  ::waitid(P_PIDFD, static_cast<id_t>(self->pidfd_.get()), &ignored, WEXITED | WNOHANG);
  self->clean_up();
}

void QemuProcess::clean_up() {
  ended_ = true;
  host_->cgroups.remove(QemuHost::cgroup(slot_.number));
  if (line_) line_->close();
  for (const auto& socket : {host_->qmp_socket(slot_.number), host_->line_socket(slot_.number)})
    ::unlink(socket.c_str());
  host_->slots.give_back(NetSlot{slot_.number, std::move(slot_.ns), std::move(slot_.tap)});
  end_.notify_all();
}

void QemuProcess::come_forward() { host_->cgroups.set_background(QemuHost::cgroup(slot_.number), false); }

void QemuProcess::kill() { kill_process(pidfd_); }

Task<void> QemuProcess::wait_end() {
  while (!ended_) co_await end_.wait();
}

std::string QemuProcess::output() const {
  std::string text(kOutput, '\0');
  auto size = output_ ? ::pread(output_.get(), text.data(), text.size(), 0) : 0;
  text.resize(static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
  return text.substr(0, text.find('\0'));
}

}  // namespace sandbar::agent
