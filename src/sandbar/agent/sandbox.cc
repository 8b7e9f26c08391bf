// SPDX-License-Identifier: Apache-2.0
#include "sandbar/agent/sandbox.h"

#include <boost/asio/experimental/awaitable_operators.hpp>

#include "sandbar/agent/disk/files.h"
#include "sandbar/log/log.h"

namespace sandbar::agent {
namespace {

using namespace std::chrono_literals;

Time from_ms(std::int64_t ms) { return Time(std::chrono::milliseconds(ms)); }

std::int64_t to_ms(Time time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

std::uint64_t allocated_below(const fs::path& directory) {
  std::uint64_t sum = 0;
  std::error_code error;
  for (fs::recursive_directory_iterator it(directory, error), end; !error && it != end; it.increment(error))
    if (it->is_regular_file(error)) sum += allocated_bytes(it->path());
  return sum;
}

}  // namespace

Sandbox::Sandbox(World& world, fs::path directory, SandboxRecord record)
    : world_(world),
      directory_(std::move(directory)),
      record_(std::move(record)),
      lock_(world.executor),
      vm_lost_(world.executor),
      last_active_(from_ms(record_.last_active_at_ms)) {}

SandboxReport Sandbox::report() const {
  SandboxReport report{record_, expires_at()};
  report.record.last_active_at_ms = to_ms(open_ > 0 ? world_.clock.now() : last_active_);
  if (!vm_) {
    report.disk_bytes = paused_bytes_;
  } else if (auto usage = vm_->usage()) {
    report.disk_bytes = usage->disk_bytes;
    report.memory_bytes = usage->memory_bytes;
  }
  return report;
}

Task<Result<void>> Sandbox::start(std::string image, GuestIdentity who, std::string command,
                                  std::optional<ParkedVm> parked) {
  record_.image = std::move(image);
  auto begun = co_await boot_new(who, std::move(parked));
  if (begun && !command.empty())
    begun = co_await start_in_background(*guest_, std::move(command), who.user, who.access_token);
  if (begun) {
    touch();
    move_to(Status::running);
  } else {
    co_await destroy();
  }
  co_return begun;
}

Task<Result<void>> Sandbox::boot_new(GuestIdentity who, std::optional<ParkedVm> parked) {
  if (parked) {
    auto taken = co_await take_over(*parked, who);
    if (taken) co_return taken;
    log::warn("parked VM of no use, another is restored",
              {{"sandbox", record_.id}, {"error", taken.error()}});
    co_await parked->vm->kill();
    drop_vm();
    co_await remove_files(parked->directory);
    co_await remove_files(directory_);
  }
  std::error_code error;
  fs::create_directories(directory_, error);
  if (error) co_return fail(errno_error(fmt::format("mkdir {}", directory_.string()), error.value()));
  co_return co_await boot(false, std::move(who));
}

// The record is in its place before the directory gets our name: what recovery finds under it is whole.
Task<Result<void>> Sandbox::take_over(ParkedVm& parked, GuestIdentity who) {
  auto vm = parked.vm;
  record_.vm = record_of(vm->handle());
  CO_TRY_VOID(save_record(parked.directory, record_, Durability::process));
  if (::rename(parked.directory.c_str(), directory_.c_str()) != 0)
    co_return fail(errno_error("rename " + parked.directory.string(), errno));
  vm->become(record_.id, directory_);
  auto spec = spec_of(record_, directory_);
  if (spec.network != NetworkRules{}) CO_TRY_VOID(co_await vm->set_network(std::move(spec.network)));
  CO_TRY_VOID(co_await vm->go_on());
  use_vm(std::move(vm), std::move(parked.guest));
  co_return co_await introduce_or_die(std::move(who));
}

Task<Result<void>> Sandbox::boot(bool from_pause, GuestIdentity who) {
  auto spec = spec_of(record_, directory_);
  spec.from_pause = from_pause;
  Result<void> saved;
  spec.started = [&](const VmHandle& handle) {
    record_.vm = record_of(handle);
    saved = save(Durability::process);
  };
  CO_TRY(auto vm, co_await world_.hypervisor.restore(std::move(spec)));
  use_vm(std::move(vm));
  CO_TRY_VOID(std::move(saved));
  co_return co_await introduce_or_die(std::move(who));
}

Task<Result<void>> Sandbox::introduce_or_die(GuestIdentity who) {
  using namespace boost::asio::experimental::awaitable_operators;
  auto guest = guest_;
  auto vm = vm_;
  auto first = co_await (introduce(*guest, std::move(who), world_.guest_ready) || vm->exited());
  if (first.index() == 0) co_return std::get<0>(std::move(first));
  co_return fail(Error{Errc::agent_error, "the sandbox ended while it was started"});
}

Task<Result<void>> Sandbox::pause(PauseCause cause, AfterPause after) {
  move_to(Status::pausing);
  auto paused = co_await vm_->pause(after);
  if (!paused) {
    move_to(Status::running);
    co_return fail(std::move(paused).error().with_context("pausing " + record_.id.str()));
  }
  HaltedVm halted{vm_, guest_};
  drop_vm();
  if (after == AfterPause::halt) {
    record_.vm = record_of(halted.vm->handle());
    halted_ = std::move(halted);
  } else {
    last_vm_ = std::move(halted.vm);
  }
  paused_bytes_ = allocated_below(directory_);
  record_.pause_cause = cause;
  move_to(Status::paused, Durability::machine);
  co_return Result<void>{};
}

Task<Result<void>> Sandbox::resume(GuestIdentity who) {
  move_to(Status::resuming);
  auto booted = co_await wake_or_boot(std::move(who));
  if (!vm_) record_.vm.reset();
  if (booted) {
    record_.pause_cause = PauseCause::none;
    touch();
    move_to(Status::running);
    co_return booted;
  }
  // It may have run for a moment already, so what it has become is kept rather than what it was.
  if (vm_) {
    auto again = co_await vm_->pause();
    if (!again) co_await vm_->kill();
    last_vm_ = vm_;
    drop_vm();
  }
  move_to(Status::paused, Durability::machine);
  co_return fail(std::move(booted).error().with_context("resuming " + record_.id.str()));
}

// The record names the halted VM since the pause: whoever is killed in between finds it again.
Task<Result<void>> Sandbox::wake_or_boot(GuestIdentity who) {
  if (auto halted = std::exchange(halted_, std::nullopt)) {
    use_vm(std::move(halted->vm), std::move(halted->guest));
    auto woken = co_await vm_->wake();
    if (woken) co_return co_await introduce_or_die(std::move(who));
    log::warn("halted VM of no use, it is restored", {{"sandbox", record_.id}, {"error", woken.error()}});
    last_vm_ = vm_;
    drop_vm();
    co_await last_vm_->kill();
  }
  co_await await_last_vm();
  co_return co_await boot(true, std::move(who));
}

Task<void> Sandbox::end_halted() {
  auto halted = std::exchange(halted_, std::nullopt);
  if (!halted) co_return;
  last_vm_ = halted->vm;
  record_without_vm();
  co_await last_vm_->kill();
}

void Sandbox::note_end_of(const VmPtr& vm) {
  if (last_vm_ == vm) last_vm_.reset();
  if (halted_vm() != vm) return;
  log::warn("halted VM ended by itself", {{"sandbox", record_.id}});
  halted_.reset();
  record_without_vm();
}

void Sandbox::record_without_vm() {
  if (!std::exchange(record_.vm, std::nullopt)) return;
  if (auto saved = save(Durability::process); !saved)
    log::warn("record not saved", {{"sandbox", record_.id}, {"error", saved.error()}});
}

Task<void> Sandbox::await_last_vm() {
  if (auto vm = std::exchange(last_vm_, nullptr)) co_await vm->exited();
}

Task<Result<void>> Sandbox::snapshot(fs::path into) {
  if (vm_) co_return co_await vm_->snapshot(std::move(into));
  co_await end_halted();
  co_await await_last_vm();
  co_return co_await world_.hypervisor.snapshot_paused(spec_of(record_, directory_), std::move(into));
}

Task<void> Sandbox::destroy() {
  if (fs::exists(directory_)) move_to(Status::stopping);
  gone_ = true;
  if (auto halted = std::exchange(halted_, std::nullopt)) co_await halted->vm->kill();
  if (vm_) {
    co_await vm_->kill();
    drop_vm();
  }
  co_await remove_files(directory_);
}

Task<void> Sandbox::recover(VmPtr vm) {
  if (vm) {
    touch();
    use_vm(std::move(vm));
  } else {
    record_without_vm();
  }
  switch (record_.status) {
    case Status::running:
      break;
    case Status::pausing:
      if (vm_ && co_await vm_->go_on()) move_to(Status::running);
      break;
    case Status::resuming: {
      // The guest has not been told its time and token yet: back to where it came from.
      auto paused = vm_ ? co_await vm_->pause() : Result<void>{};
      if (!paused) co_return co_await destroy();
      drop_vm();
      break;
    }
    case Status::paused:
      break;
    case Status::starting:
    case Status::stopping:
      co_return co_await destroy();
  }
  if (vm_ && record_.status == Status::running) co_return;
  if (vm_ || !world_.hypervisor.has_pause_image(directory_)) co_return co_await destroy();
  paused_bytes_ = allocated_below(directory_);
  if (record_.status == Status::paused) co_return;
  if (record_.pause_cause == PauseCause::none) record_.pause_cause = PauseCause::requested;
  move_to(Status::paused, Durability::machine);
}

void Sandbox::use_vm(VmPtr vm, std::shared_ptr<http::Client> guest) {
  vm_ = std::move(vm);
  record_.vm = record_of(vm_->handle());
  if (auto usage = vm_->usage()) metrics_.begin(world_.clock.now(), usage->cpu_ns);
  guest_ = guest ? std::move(guest) : make_guest_http(world_.executor, vm_);
  ports_ = std::make_shared<Ports>(world_.executor, vm_);
}

void Sandbox::drop_vm() {
  vm_.reset();
  ports_.reset();
  guest_.reset();
  record_.vm.reset();
  metrics_.interrupt();
  vm_lost_.notify_all();
}

Task<void> Sandbox::remove_files(fs::path directory) {
  auto error = co_await world_.blocking.run([directory] {
    std::error_code failure;
    fs::remove_all(directory, failure);
    return failure;
  });
  if (error) log::error("sandbox files not removed", {{"sandbox", record_.id}, {"why", error.message()}});
}

void Sandbox::set_timeout(std::int64_t timeout_s) {
  record_.timeout_s = timeout_s;
  if (auto saved = save(Durability::process); !saved)
    log::warn("record not saved", {{"error", saved.error()}});
}

std::optional<Time> Sandbox::expires_at() const {
  if (record_.timeout_s == 0 || record_.status != Status::running) return std::nullopt;
  auto idle_since = open_ > 0 ? world_.clock.now() : last_active_;
  return std::max(idle_since + std::chrono::seconds(record_.timeout_s), not_before_);
}

void Sandbox::sample() {
  if (!vm_) return;
  if (auto usage = vm_->usage()) metrics_.sample(world_.clock.now(), *usage);
}

// The record may fail to be written (a full disk): memory still tells the truth, and recover() understands a
// record that is one step behind.
void Sandbox::move_to(Status status, Durability durability) {
  log::info("sandbox moved",
            {{"sandbox", record_.id}, {"from", enum_name(record_.status)}, {"to", enum_name(status)}});
  record_.status = status;
  ++record_.epoch;
  if (auto saved = save(durability); !saved)
    log::error("record not saved", {{"sandbox", record_.id}, {"error", saved.error()}});
}

Result<void> Sandbox::save(Durability durability) {
  record_.last_active_at_ms = to_ms(last_active_);
  return save_record(directory_, record_, durability);
}

}  // namespace sandbar::agent
