// SPDX-License-Identifier: Apache-2.0
#include "sandbar/agent/vm/qemu_vm.h"

#include <fcntl.h>
#include <unistd.h>

#include "sandbar/agent/disk/files.h"
#include "sandbar/agent/jail/process.h"
#include "sandbar/agent/memory/pages.h"
#include "sandbar/agent/vm/device_state.h"
#include "sandbar/agent/vm/flatten.h"
#include "sandbar/base/try.h"
#include "sandbar/base/units.h"
#include "sandbar/log/log.h"

namespace sandbar::agent {
namespace {

fs::path fresh(fs::path path) {
  path += ".new";
  return path;
}

Error gone() { return {Errc::unavailable, "the sandbox is not running", "QEMU has ended"}; }

Result<PageCounts> save_guest_pages(pid_t pid, const fs::path& base, const fs::path& into) {
  TRY(auto image, open_file(base, O_RDONLY));
  TRY(auto memory, GuestMemory::find(pid, image.get()));
  TRY(auto out, open_file(into, O_WRONLY | O_CREAT | O_TRUNC));
  return save_pages(memory, image.get(), out.get());
}

Result<PageCounts> inject_guest_pages(pid_t pid, const fs::path& base, const fs::path& from) {
  TRY(auto image, open_file(base, O_RDONLY));
  TRY(auto memory, GuestMemory::find(pid, image.get()));
  TRY(auto pages, open_file(from, O_RDONLY));
  return inject_pages(memory, pages.get());
}

void discard(const fs::path& a, const fs::path& b) {
  ::unlink(a.c_str());
  ::unlink(b.c_str());
}

}  // namespace

int disk_size(const Manifest& manifest, const VmShape& shape) {
  return std::max(manifest.disk_mib, shape.disk_mib);
}

Result<EgressRules> egress_of(const NetworkRules& rules) {
  TRY(auto allow, parse_cidrs(rules.allow_cidrs));
  TRY(auto deny, parse_cidrs(rules.deny_cidrs));
  return EgressRules{rules.deny_egress, std::move(allow), std::move(deny)};
}

QemuVm::QemuVm(QemuHostPtr host, RestoreSpec spec, Manifest manifest, QemuProcessPtr process)
    : host_(std::move(host)),
      spec_(std::move(spec)),
      files_(spec_.directory),
      manifest_(std::move(manifest)),
      process_(std::move(process)) {}

Task<Result<void>> QemuVm::load() {
  CO_TRY_VOID(host_->check_version(manifest_, process_->qmp().version()));
  auto devices = spec_.image.directory / "devices";
  if (spec_.from_pause) {
    CO_TRY_VOID(co_await inject());
    devices = files_.devices();
  }
  CO_TRY_VOID(co_await load_device_state(process_->qmp(), devices));
  CO_TRY_VOID(co_await grow_disk());
  if (spec_.halted) co_return Result<void>{};
  co_return co_await leave_pause();
}

// From here on, what was stored is the past. Should QEMU not go on, it is the present again.
Task<Result<void>> QemuVm::leave_pause() {
  files_.set_pause_aside();
  auto gone_on = co_await go_on();
  gone_on ? files_.forget_pause() : files_.bring_pause_back();
  co_return gone_on;
}

// Before the device state: virtio devices read their rings from guest memory while they load.
Task<Result<void>> QemuVm::inject() {
  auto counts =
      co_await host_->workers.run([pid = process_->pid(), base = base_memory(), pages = files_.pages()] {
        return inject_guest_pages(pid, base, pages);
      });
  if (!counts) co_return fail(std::move(counts).error().with_context("bringing back memory"));
  co_return Result<void>{};
}

// The guest's driver learns the new size by a configuration interrupt, as from a disk that grows at run time.
Task<Result<void>> QemuVm::grow_disk() {
  auto size = disk_size(manifest_, spec_.shape);
  if (size == manifest_.disk_mib || spec_.from_pause) co_return Result<void>{};
  auto bytes = static_cast<std::int64_t>(size) * static_cast<std::int64_t>(kMib);
  CO_TRY(auto done, co_await process_->qmp().execute("block_resize", {{"device", "disk"}, {"size", bytes}}));
  co_return Result<void>{};
}

VmHandle QemuVm::handle() const {
  return {process_->pid(), process_->start_time(), process_->slot().number, {}};
}

Task<Result<http::ByteStreamPtr>> QemuVm::dial(std::uint16_t port) {
  auto process = process_;
  if (process->ended()) co_return fail(gone());
  CO_TRY(auto socket, co_await host_->slots.dial(process->slot(), port));
  co_return http::adopt_socket(co_await boost::asio::this_coro::executor, socket.release());
}

Task<Result<http::ByteStreamPtr>> QemuVm::dial_guest() {
  auto process = process_;
  if (process->ended()) co_return fail(gone());
  if (auto stream = co_await process->open_line()) co_return stream;
  co_return co_await dial(limits::kGuestPort);
}

Task<Result<void>> QemuVm::stop() {
  if (process_->ended()) co_return fail(gone());
  CO_TRY(auto done, co_await process_->qmp().execute("stop"));
  co_return Result<void>{};
}

Task<Result<void>> QemuVm::go_on() {
  if (process_->ended()) co_return fail(gone());
  CO_TRY(auto done, co_await process_->qmp().execute("cont"));
  co_return Result<void>{};
}

// The VM must be stopped.
Task<Result<void>> QemuVm::save(fs::path pages, fs::path devices) {
  CO_TRY_VOID(co_await save_device_state(process_->qmp(), devices));
  auto counts = co_await host_->workers.run(
      [pid = process_->pid(), base = base_memory(), pages] { return save_guest_pages(pid, base, pages); });
  if (!counts) co_return fail(std::move(counts).error().with_context("storing memory"));
  log::debug("memory stored",
             {{"sandbox", spec_.id}, {"pages", counts->kept}, {"looked_at", counts->written}});
  co_return Result<void>{};
}

Task<Result<void>> QemuVm::store_pause() {
  auto pages = fresh(files_.pages()), devices = fresh(files_.devices());
  auto saved = co_await save(pages, devices);
  if (saved)
    saved = co_await host_->workers.run([files = files_, pages, devices]() -> Result<void> {
      TRY_VOID(sync_file(files.top()));
      TRY_VOID(sync_file(pages));
      TRY_VOID(sync_file(devices));
      if (::rename(devices.c_str(), files.devices().c_str()) != 0)
        return fail(errno_error("rename the device state", errno));
      return rename_durably(pages, files.pages());
    });
  if (!saved) {
    discard(pages, devices);
    files_.forget_pause();
  }
  co_return saved;
}

Task<Result<void>> QemuVm::pause(AfterPause after) {
  CO_TRY_VOID(co_await stop());
  auto stored = co_await store_pause();
  if (stored) {
    if (after == AfterPause::end) process_->kill();
    co_return stored;
  }
  auto resumed = co_await go_on();
  if (!resumed) log::warn("sandbox does not go on after a failed pause", {{"sandbox", spec_.id}});
  co_return stored;
}

Task<Result<void>> QemuVm::wake() { return leave_pause(); }

// Everything written so far stays in the layer below, which no longer changes. Should QEMU refuse, the new
// layer stays as an empty one on top, which changes nothing.
Task<Result<void>> QemuVm::add_disk_layer() {
  auto name = files_.next_layer();
  CO_TRY_VOID(files_.add_layer(disk_size(manifest_, spec_.shape)));
  CO_TRY_VOID(set_owner(files_.directory() / name, process_->uid(), 0600));
  boost::json::object arguments{
      {"device", "disk"}, {"snapshot-file", "/own/" + name}, {"format", "qcow2"}, {"mode", "existing"}};
  CO_TRY(auto done, co_await process_->qmp().execute("blockdev-snapshot-sync", std::move(arguments)));
  co_return Result<void>{};
}

Task<Result<void>> QemuVm::freeze(const ImageBuilder& image) {
  CO_TRY_VOID(co_await save(image.pages(), image.devices()));
  co_return co_await add_disk_layer();
}

Task<Result<void>> QemuVm::snapshot(fs::path into) {
  CO_TRY(auto image, ImageBuilder::create(std::move(into)));
  auto own_layers = files_.layers().size();
  CO_TRY_VOID(co_await stop());
  auto frozen = co_await freeze(image);
  CO_TRY_VOID(co_await go_on());
  if (!frozen) co_return fail(std::move(frozen).error().with_context("snapshot"));
  auto process = process_;
  CO_TRY_VOID(files_.hand_to(process->uid()));
  co_return co_await host_->workers.run([this, &image, slot = process->slot().number, own_layers] {
    return finish_image(*host_, slot, image, spec_, manifest_, own_layers);
  });
}

Result<void> finish_image(const QemuHost& host, std::uint32_t slot, ImageBuilder& image,
                          const RestoreSpec& spec, Manifest manifest, std::size_t own_layers) {
  const auto& origin = spec.image.directory;
  TRY_VOID(image.merge_memory(origin / "memory"));
  TRY(manifest.layers, image.collect_layers(origin, manifest, SandboxFiles(spec.directory), own_layers));
  if (manifest.layers.size() > host.config.flatten_above) {
    TRY(manifest.layers, flatten_image(host, slot, image.directory(), manifest.layers));
  }
  manifest.disk_mib = disk_size(manifest, spec.shape);
  return image.publish(manifest);
}

Task<void> QemuVm::kill() {
  if (process_->ended()) co_return;
  process_->kill();
}

Task<void> QemuVm::exited() {
  auto process = process_;
  co_await process->wait_end();
}

Result<VmUsage> QemuVm::usage() {
  TRY(auto stat, stat_process(process_->pid()));
  if (stat.start_time != process_->start_time()) return fail(gone());
  TRY(auto memory, private_memory(process_->pid()));
  return VmUsage{stat.cpu_ns, memory, files_.allocated()};
}

void QemuVm::become(SandboxId id, fs::path directory) {
  spec_.id = id;
  spec_.directory = std::move(directory);
  files_ = SandboxFiles(spec_.directory);
  if (std::exchange(spec_.in_background, false)) process_->come_forward();
}

Task<Result<void>> QemuVm::set_network(NetworkRules rules) {
  if (process_->ended()) co_return fail(gone());
  CO_TRY(auto egress, egress_of(rules));
  co_return co_await host_->slots.set_rules(process_->slot(), std::move(egress));
}

}  // namespace sandbar::agent
