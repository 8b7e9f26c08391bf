// SPDX-License-Identifier: Apache-2.0
#include "sandbar/agent/vm/qemu_hypervisor.h"

#include <signal.h>
#include <sys/resource.h>

#include <cstdio>
#include <memory>
#include <set>

#include "sandbar/agent/disk/files.h"
#include "sandbar/agent/jail/process.h"
#include "sandbar/agent/vm/accelerator.h"
#include "sandbar/agent/vm/flatten.h"
#include "sandbar/agent/vm/kvm_trial.h"
#include "sandbar/agent/vm/qemu_vm.h"
#include "sandbar/agent/vm/warm.h"
#include "sandbar/base/strings.h"
#include "sandbar/base/try.h"
#include "sandbar/base/units.h"
#include "sandbar/log/log.h"

namespace sandbar::agent {
namespace {

Result<void> check_shape(const Manifest& manifest, const VmShape& shape) {
  if (shape.vcpus == manifest.vcpus && shape.memory_mib == manifest.memory_mib) return {};
  return fail(invalid_state(
      fmt::format("the template has {} vCPUs and {} MiB of memory; a sandbox cannot have others",
                  manifest.vcpus, manifest.memory_mib)));
}

// As QMP says it: "7.2.22 (Debian …)". Empty if the program does not say.
std::string installed_version(const fs::path& program) {
  std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen((program.string() + " --version").c_str(), "re"),
                                             ::pclose);
  char line[512] = "";
  if (!pipe || !std::fgets(line, sizeof line, pipe.get())) return {};
  constexpr std::string_view kBefore = "version ";
  std::string_view text = trim(line);
  auto at = text.find(kBefore);
  return at == text.npos ? std::string() : std::string(text.substr(at + kBefore.size()));
}

// Some five descriptors per sandbox: the usual soft limit of 1024 would not do.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

class QemuHypervisor final : public Hypervisor {
 public:
  explicit QemuHypervisor(QemuHostPtr host) : host_(std::move(host)) {}

  std::string name() const override {
    return host_->machine.accelerator == "kvm" ? "qemu (kvm)" : "qemu (emulated)";
  }
  Result<Fit> check(const TemplateImage& image) const override {
    TRY(auto manifest, load_manifest(image.directory));
    TRY_VOID(check_fit(manifest, host_->machine));
    auto boot = host_->boot();
    return !boot || manifest.boot == boot ? Fit::current : Fit::outdated;
  }
  Task<Result<VmPtr>> restore(RestoreSpec spec) override;
  Task<Result<VmPtr>> adopt(RestoreSpec spec, VmHandle handle) override;
  Task<Result<void>> snapshot_paused(RestoreSpec spec, fs::path into) override;
  Task<Result<void>> warm(fs::path disk, VmShape shape, fs::path into) override;
  Task<void> clean_orphans(std::vector<VmHandle> known) override;
  Task<void> shut_down() override;

 private:
  Result<Manifest> fitting_manifest(const RestoreSpec& spec) const;
  Task<Result<QemuProcessPtr>> start(const RestoreSpec& spec, const Manifest& manifest);
  Result<QemuStart> plan(const RestoreSpec& spec, const Manifest& manifest, std::uint32_t slot) const;

  QemuHostPtr host_;
};

Result<Manifest> QemuHypervisor::fitting_manifest(const RestoreSpec& spec) const {
  TRY(auto manifest, load_manifest(spec.image.directory));
  TRY_VOID(check_fit(manifest, host_->machine));
  TRY_VOID(check_shape(manifest, spec.shape));
  if (spec.from_pause && !SandboxFiles(spec.directory).paused())
    return fail(Error{Errc::data_loss, "the sandbox's stored memory is gone", spec.directory.string()});
  return manifest;
}

Result<QemuStart> QemuHypervisor::plan(const RestoreSpec& spec, const Manifest& manifest,
                                       std::uint32_t slot) const {
  SandboxFiles files(spec.directory);
  if (!spec.from_pause) files.forget_pause();
  TRY_VOID(files.prepare(manifest));
  if (files.layers().size() > 1 && files.chain(manifest).size() > host_->config.flatten_above)
    TRY_VOID(compact_layers(*host_, slot, spec.image.directory, manifest, files));
  TRY_VOID(files.hand_to(host_->instance.uid(slot)));
  auto disk_bytes = static_cast<std::uint64_t>(disk_size(manifest, spec.shape)) * kMib;
  return QemuStart{.command = {.program = host_->config.program,
                               .machine = manifest.machine,
                               .vcpus = manifest.vcpus,
                               .memory_mib = manifest.memory_mib,
                               .devices = manifest.devices,
                               .layers = files.chain(manifest),
                               .emulator_cache_mib = host_->config.emulator_cache_mib},
                   .image = spec.image.directory,
                   .own = files.directory(),
                   .file_bytes = disk_bytes + disk_bytes / 16 + 16 * kMib,
                   .in_background = spec.in_background};
}

Task<Result<QemuProcessPtr>> QemuHypervisor::start(const RestoreSpec& spec, const Manifest& manifest) {
  CO_TRY(auto egress, egress_of(spec.network));
  CO_TRY(auto slot, co_await host_->slots.take());
  auto planned = co_await host_->workers.run([&] { return plan(spec, manifest, slot.number); });
  if (planned && egress != EgressRules{}) {
    auto set = co_await host_->slots.set_rules(slot, std::move(egress));
    if (!set) planned = fail(std::move(set).error());
  }
  if (!planned) {
    host_->slots.give_back(std::move(slot));
    co_return fail(std::move(planned).error());
  }
  co_return co_await QemuProcess::start(host_, std::move(slot), std::move(*planned));
}

Task<Result<VmPtr>> QemuHypervisor::restore(RestoreSpec spec) {
  CO_TRY(auto manifest, fitting_manifest(spec));
  CO_TRY(auto process, co_await start(spec, manifest));
  auto started = spec.started;
  auto vm = std::make_shared<QemuVm>(host_, std::move(spec), std::move(manifest), process);
  if (started) started(vm->handle());
  auto loaded = co_await vm->load();
  if (loaded) co_return vm;
  process->kill();
  auto error = std::move(loaded).error().with_context("restoring");
  if (auto said = process->output(); !said.empty()) error.detail += "; qemu: " + said;
  co_return fail(std::move(error));
}

Task<Result<VmPtr>> QemuHypervisor::adopt(RestoreSpec spec, VmHandle handle) {
  CO_TRY(auto manifest, load_manifest(spec.image.directory));
  CO_TRY(auto process, co_await QemuProcess::adopt(host_, handle));
  if (host_->machine.qemu.empty()) host_->machine.qemu = process->qmp().version();
  auto vm = std::make_shared<QemuVm>(host_, std::move(spec), std::move(manifest), std::move(process));
  CO_TRY_VOID(co_await vm->go_on());
  co_return vm;
}

Task<Result<void>> QemuHypervisor::snapshot_paused(RestoreSpec spec, fs::path into) {
  CO_TRY(auto manifest, load_manifest(spec.image.directory));
  SandboxFiles files(spec.directory);
  if (!files.paused()) co_return fail(invalid_state("the sandbox is not paused"));
  CO_TRY(auto slot, co_await host_->slots.take());
  auto done = co_await host_->workers.run([&]() -> Result<void> {
    TRY(auto image, ImageBuilder::create(into));
    auto own_layers = files.layers().size();
    TRY_VOID(copy_sparse(files.pages(), image.pages()));
    TRY_VOID(copy_sparse(files.devices(), image.devices()));
    TRY_VOID(files.add_layer(disk_size(manifest, spec.shape)));
    TRY_VOID(files.hand_to(0));
    return finish_image(*host_, slot.number, image, spec, manifest, own_layers);
  });
  host_->slots.give_back(std::move(slot));
  co_return done;
}

Task<Result<void>> QemuHypervisor::warm(fs::path disk, VmShape shape, fs::path into) {
  CO_TRY_VOID(co_await choose_accelerator(host_));
  co_return co_await warm_image(host_, std::move(disk), shape, std::move(into));
}

Task<void> QemuHypervisor::clean_orphans(std::vector<VmHandle> known) {
  std::set<std::uint32_t> slots;
  std::set<pid_t> pids;
  for (const auto& handle : known) {
    slots.insert(handle.slot);
    pids.insert(static_cast<pid_t>(handle.pid));
  }
  const auto& instance = host_->instance;
  for (auto pid : processes_of_users(instance.first_uid, Instance::kMaxSlots)) {
    if (pids.contains(pid)) continue;
    log::warn("leftover process ended", {{"pid", pid}});
    ::kill(pid, SIGKILL);
  }
  co_await host_->slots.remove_strays(slots);
  for (const auto& group : host_->cgroups.groups()) {
    auto number = parse_int(std::string_view(group).substr(std::min<std::size_t>(3, group.size())));
    if (number && !slots.contains(static_cast<std::uint32_t>(*number)) &&
        !host_->slots.is_taken(static_cast<std::uint32_t>(*number)))
      host_->cgroups.remove(group);
  }
}

Task<void> QemuHypervisor::shut_down() {
  co_await host_->slots.shut_down();
  if (host_->slots.in_use() > 0) co_return;
  if (auto removed = load_ruleset(host_ruleset_removal(host_->instance)); !removed)
    log::warn("packet filter not removed", {{"error", removed.error()}});
  release_instance(host_->instance, host_->config.claims);
}

}  // namespace

Task<Result<HypervisorPtr>> create_qemu(QemuConfig config) {
  auto executor = co_await boost::asio::this_coro::executor;
  raise_descriptor_limit();
  CO_TRY_VOID(prepare_run_directory(config.state / "run"));
  CO_TRY(auto instance, claim_instance(config.state, config.claims));
  auto host = std::make_shared<QemuHost>(executor, std::move(config), instance, Machine{});
  CO_TRY_VOID(co_await host->workers.run([host] { return host->slots.maker().prepare_host(); }));
  CO_TRY_VOID(co_await choose_accelerator(host));
  host->machine.qemu = co_await host->workers.run([host] { return installed_version(host->config.program); });
  log::info("hypervisor ready", {{"accelerator", host->machine.accelerator},
                                 {"instance", instance.number},
                                 {"subnet", instance.subnet().str()},
                                 {"limits", host->cgroups.controllers()}});
  host->slots.refill();
  co_return std::make_unique<QemuHypervisor>(host);
}

}  // namespace sandbar::agent
