// SPDX-License-Identifier: Apache-2.0
// What the manager does once, at its start, with what an earlier run of the agent left on the host.
#include "sandbar/agent/manager.h"
#include "sandbar/log/log.h"

namespace sandbar::agent {

Task<Result<void>> Manager::recover() {
  std::error_code error;
  std::filesystem::create_directories(directory_, error);
  if (error) co_return fail(errno_error(fmt::format("mkdir {}", directory_.string()), error.value()));
  std::vector<std::filesystem::path> directories;
  for (const auto& entry : std::filesystem::directory_iterator(directory_, error))
    directories.push_back(entry.path());
  std::vector<VmHandle> known;
  for (const auto& directory : directories) co_await recover_one(directory, known);
  co_await world_.hypervisor.clean_orphans(known);
  log::info("sandboxes recovered", {{"found", sandboxes_.size()}, {"running", known.size()}});
  co_return Result<void>{};
}

Task<void> Manager::recover_one(std::filesystem::path directory, std::vector<VmHandle>& known) {
  auto record = load_record(directory);
  if (!record && record.error().code == Errc::not_found) {
    std::error_code error;
    std::filesystem::remove_all(directory, error);
    co_return;
  }
  if (!record || record->id.str() != directory.filename()) {
    log::error("sandbox record not readable, its files are left alone", {{"directory", directory.string()}});
    co_return;
  }
  auto vm = co_await adopt(*record, directory);
  auto sandbox = std::make_shared<Sandbox>(world_, directory, *record);
  auto hold = co_await sandbox->lock().take();
  co_await sandbox->recover(vm);
  if (sandbox->gone()) co_return;
  sandboxes_[record->id] = sandbox;
  if (!sandbox->vm()) co_return;
  known.push_back(sandbox->vm()->handle());
  watch_vm_of(sandbox);
}

// Where a complete pause image is, a VM has either not begun to run or was about to be ended: the image is
// what counts, and the VM is removed with the other orphans.
Task<VmPtr> Manager::adopt(const SandboxRecord& record, std::filesystem::path directory) {
  bool was_running = record.status == Status::running || record.status == Status::starting;
  if (!record.vm || (!was_running && world_.hypervisor.has_pause_image(directory))) co_return nullptr;
  auto vm = co_await world_.hypervisor.adopt(spec_of(record, directory), handle_of(*record.vm));
  if (vm) co_return *vm;
  if (vm.error().code != Errc::not_found)
    log::error("vm not adopted", {{"sandbox", record.id}, {"error", vm.error()}});
  co_return nullptr;
}

}  // namespace sandbar::agent
