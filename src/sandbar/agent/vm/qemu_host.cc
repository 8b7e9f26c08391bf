// SPDX-License-Identifier: Apache-2.0
#include "sandbar/agent/vm/qemu_host.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <cerrno>

#include "sandbar/agent/disk/files.h"
#include "sandbar/agent/vm/boot_files.h"
#include "sandbar/base/try.h"

// The helper library travels inside this program, so there is no path to look for it in.
asm(".section .rodata\n"
    ".global sandbar_qemu_shim, sandbar_qemu_shim_end\n"
    "sandbar_qemu_shim: .incbin \"" SANDBAR_QEMU_SHIM
    "\"\n"
    "sandbar_qemu_shim_end:\n"
    ".previous\n");
extern "C" const char sandbar_qemu_shim[], sandbar_qemu_shim_end[];

namespace sandbar::agent {
namespace {

Result<void> make_directory(const fs::path& path, mode_t mode) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) return fail(errno_error("make " + path.string(), error.value()));
  return set_owner(path, 0, mode);
}

// A node that the sandboxes' users may open; only a jail shows it to them.
Result<void> make_kvm_node(const fs::path& path) {
  if (::mknod(path.c_str(), S_IFCHR | 0666, makedev(10, 232)) != 0 && errno != EEXIST)
    return fail(errno_error("make " + path.string(), errno));
  return set_owner(path, 0, 0666);
}

}  // namespace

QemuHost::QemuHost(Executor e, QemuConfig c, Instance i, Machine m)
    : executor(std::move(e)),
      config(std::move(c)),
      instance(i),
      machine(std::move(m)),
      cgroups(Cgroups::open(i.name(), config.state)),
      slots(executor, SlotMaker(i, config.network, run() / "netns"), config.network.ready_slots) {}

std::optional<std::string> QemuHost::boot() const {
  auto files = load_boot_files(config.state / "kernel");
  return files ? boot_name(*files, machine) : std::nullopt;
}

JailSpec QemuHost::jail(std::uint32_t slot) const {
  JailSpec spec;
  spec.uid = instance.uid(slot);
  spec.root = run() / "jail";
  add_system_libraries(spec);
  for (const char* path : {"/usr/share/qemu", "/usr/share/seabios"})
    if (fs::exists(path)) spec.binds.push_back({path, path});
  return spec;
}

Result<void> QemuHost::check_version(const Manifest& manifest, const std::string& running) {
  machine.qemu = running;
  return check_fit(manifest, machine);
}

Result<void> prepare_run_directory(const fs::path& run) {
  TRY_VOID(make_directory(run, 0700));
  for (const char* name : {"qmp", "line", "jail", "netns"}) TRY_VOID(make_directory(run / name, 0700));
  TRY_VOID(make_kvm_node(run / "kvm"));
  return replace_file(run / "shim.so", {sandbar_qemu_shim, sandbar_qemu_shim_end}, 0444);
}

}  // namespace sandbar::agent
