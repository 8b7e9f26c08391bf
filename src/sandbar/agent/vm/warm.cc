// SPDX-License-Identifier: Apache-2.0
#include "sandbar/agent/vm/warm.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sandbar/agent/disk/files.h"
#include "sandbar/agent/disk/overlay.h"
#include "sandbar/agent/jail/process.h"
#include "sandbar/agent/vm/accelerator.h"
#include "sandbar/agent/vm/device_state.h"
#include "sandbar/agent/vm/image_builder.h"
#include "sandbar/agent/vm/qemu_vm.h"
#include "sandbar/async/timer.h"
#include "sandbar/base/try.h"
#include "sandbar/base/units.h"
#include "sandbar/log/log.h"
#include "sandbar/model/limits.h"

namespace sandbar::agent {
namespace {

using std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr const char* kBase = "disk.0.raw";
constexpr const char* kOverlay = "disk.1";
constexpr std::size_t kConsoleTail = 2000;

Result<void> take_over(const fs::path& disk, const fs::path& to) {
  if (::rename(disk.c_str(), to.c_str()) == 0) return {};
  if (errno != EXDEV) return fail(errno_error("take over " + disk.string(), errno));
  TRY_VOID(copy_sparse(disk, to));
  ::unlink(disk.c_str());
  return {};
}

Result<Manifest> plan_manifest(const QemuHost& host, const fs::path& disk, const VmShape& shape) {
  std::error_code error;
  auto bytes = fs::file_size(disk, error);
  if (error) return fail(errno_error("stat " + disk.string(), error.value()));
  auto mib = static_cast<int>((bytes + kMib - 1) / kMib);
  return Manifest{.version = kManifestVersion,
                  .machine = host.machine,
                  .vcpus = shape.vcpus,
                  .memory_mib = shape.memory_mib,
                  .disk_mib = std::max(mib, shape.disk_mib),
                  .devices = sandbox_devices(),
                  .layers = {kBase, kOverlay},
                  .boot = host.boot()};
}

// The only time that a QEMU may write a memory image.
Result<void> lay_out(const ImageBuilder& image, const fs::path& disk, const Manifest& manifest, uid_t uid) {
  const auto& directory = image.directory();
  TRY_VOID(take_over(disk, directory / kBase));
  TRY_VOID(set_owner(directory / kBase, 0, 0444));
  TRY_VOID(create_overlay(directory / kOverlay, static_cast<std::uint64_t>(manifest.disk_mib) * kMib));
  TRY_VOID(set_owner(directory / kOverlay, uid, 0600));
  TRY(auto memory, open_file(image.memory(), O_RDWR | O_CREAT | O_EXCL));
  if (::ftruncate(memory.get(), static_cast<off_t>(manifest.memory_mib) * static_cast<off_t>(kMib)) != 0)
    return fail(errno_error("size the memory image", errno));
  return set_owner(image.memory(), uid, 0600);
}

QemuStart boot_plan(const QemuHost& host, const ImageBuilder& image, const Manifest& manifest) {
  QemuStart start{.own = image.directory()};
  start.command = {.program = host.config.program,
                   .machine = manifest.machine,
                   .vcpus = manifest.vcpus,
                   .memory_mib = manifest.memory_mib,
                   .devices = manifest.devices,
                   .layers = {std::string("/own/") + kBase, std::string("/own/") + kOverlay},
                   .emulator_cache_mib = 2 * host.config.emulator_cache_mib};
  start.command.boot = QemuCommand::Boot{kernel_command_line(manifest.machine)};
  return start;
}

Task<Result<void>> ask(http::ByteStream& guest) {
  CO_TRY_VOID(
      co_await http::write_all(guest, "GET /health HTTP/1.1\r\nHost: sandbox\r\nConnection: close\r\n\r\n"));
  std::string answer(64, '\0');
  CO_TRY(auto size, co_await guest.read_some(answer));
  if (answer.substr(0, size).starts_with("HTTP/1.1 204")) co_return Result<void>{};
  co_return fail(Error{Errc::unavailable, "the guest is not healthy", answer.substr(0, size)});
}

Task<Result<void>> probe(QemuHostPtr host, QemuProcessPtr process) {
  CO_TRY(auto socket, co_await host->slots.dial(process->slot(), limits::kGuestPort));
  CO_TRY(auto stream, http::adopt_socket(host->executor, socket.release()));
  co_return co_await ask(*stream);
}

Task<Result<void>> probe_line(QemuProcessPtr process) {
  CO_TRY(auto stream, co_await process->open_line());
  co_return co_await ask(*stream);
}

Task<Result<void>> await_guest(QemuHostPtr host, QemuProcessPtr process) {
  auto deadline = steady_clock::now() + host->config.boot_limit;
  while (true) {
    auto healthy = co_await with_timeout(5s, "GET /health", probe(host, process));
    if (healthy) co_return healthy;
    if (process->ended())
      co_return fail(Error{Errc::unavailable, "the template does not boot", process->output()});
    if (steady_clock::now() > deadline)
      co_return fail(
          Error{Errc::deadline_exceeded, "the template did not come up in time", healthy.error().detail});
    co_await sleep_for(100ms);
  }
}

// A guest at rest uses next to no CPU time. What it still does when it is frozen, it does in every sandbox.
Task<void> await_rest(QemuProcessPtr process) {
  constexpr auto kWindow = 500ms;
  constexpr std::uint64_t kRestNs = 15'000'000;  // 3 % of the window
  std::uint64_t before = 0;
  for (int i = 0; i < 40; ++i) {
    auto stat = stat_process(process->pid());
    if (!stat || (before && stat->cpu_ns - before <= kRestNs)) co_return;
    before = stat->cpu_ns;
    co_await sleep_for(kWindow);
  }
  log::warn("template is frozen while its guest is busy");
}

// The paths that every sandbox's first calls take: connection handling is paged in.
Task<Result<void>> rehearse(QemuHostPtr host, QemuProcessPtr process) {
  for (int i = 0; i < 5; ++i) {
    CO_TRY_VOID(co_await with_timeout(5s, "GET /health", probe(host, process)));
    auto heard = co_await with_timeout(5s, "GET /health", probe_line(process));
    if (!heard) log::warn("the guest does not answer on its serial port", {{"error", heard.error()}});
  }
  co_return Result<void>{};
}

Task<std::string> console_of(QemuProcessPtr process) {
  auto text = co_await process->qmp().execute("ringbuf-read", {{"device", "console"}, {"size", 65536}});
  if (!text || !text->is_string()) co_return "";
  std::string all(text->get_string());
  co_return all.size() > kConsoleTail ? all.substr(all.size() - kConsoleTail) : all;
}

Task<Result<void>> freeze(QemuProcessPtr process, fs::path devices) {
  auto& qmp = process->qmp();
  CO_TRY(auto stopped, co_await qmp.execute("stop"));
  co_return co_await save_device_state(qmp, std::move(devices));
}

Task<Result<void>> boot_and_freeze(QemuHostPtr host, QemuProcessPtr process, fs::path devices) {
  auto up = co_await await_guest(host, process);
  if (!up) {
    auto console = co_await console_of(process);
    co_return fail(std::move(up).error().with_context("console: " + console));
  }
  co_await await_rest(process);
  CO_TRY_VOID(co_await rehearse(host, process));
  co_await await_rest(process);
  co_return co_await freeze(process, std::move(devices));
}

}  // namespace

Task<Result<void>> warm_image(QemuHostPtr host, fs::path disk, VmShape shape, fs::path into) {
  if (!host->boot()) co_return fail(invalid_state("this host has no guest kernel yet"));
  CO_TRY(auto manifest, plan_manifest(*host, disk, shape));
  CO_TRY(auto image, ImageBuilder::create(std::move(into)));
  for (const auto& file : {host->kernel(), host->initrd()}) CO_TRY_VOID(set_owner(file, 0, 0644));
  CO_TRY(auto slot, co_await host->slots.take());
  auto laid_out = lay_out(image, disk, manifest, host->instance.uid(slot.number));
  if (!laid_out) {
    host->slots.give_back(std::move(slot));
    co_return laid_out;
  }
  CO_TRY(auto process, co_await QemuProcess::start(host, std::move(slot), boot_plan(*host, image, manifest)));
  manifest.machine.qemu = host->machine.qemu = process->qmp().version();
  auto frozen = co_await boot_and_freeze(host, process, image.devices());
  process->kill();
  co_await process->wait_end();
  if (!frozen) co_return fail(std::move(frozen).error().with_context("warming"));
  co_return co_await host->workers.run([&] { return image.publish(manifest); });
}

}  // namespace sandbar::agent
