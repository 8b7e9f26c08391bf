// SPDX-License-Identifier: Apache-2.0
#include "sandbar/agent/parking.h"

#include <algorithm>

#include "sandbar/agent/disk/files.h"
#include "sandbar/async/detach.h"
#include "sandbar/async/timer.h"
#include "sandbar/base/proc_text.h"
#include "sandbar/base/scope_exit.h"
#include "sandbar/base/units.h"
#include "sandbar/log/log.h"

namespace sandbar::agent {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

constexpr auto kMemory = 10min;  // how long a demand is remembered
constexpr auto kRound = 5s;      // how often demand and memory are looked at by themselves
constexpr std::size_t kMostKept = 16;
constexpr auto kAfterFailure = 5min;
constexpr auto kBeginning = 1s;     // of a sandbox that was never rehearsed
constexpr auto kAnswerLimit = 30s;  // of a guest

// What every new sandbox begins with: what it translates and pages in is there afterwards. A template may
// have no shell; then its first command is slower.
Task<Result<void>> rehearse(http::Client& guest) {
  for (int i = 0; i < 2; ++i) {
    http::RequestHead head{"POST", "/init", {{"Content-Type", "application/json"}}};
    CO_TRY(auto answer, co_await guest.fetch(std::move(head), "{}", 4096));
    if (answer.status / 100 != 2)
      co_return fail(Error{Errc::agent_error, "the guest is not well", fmt::format("{}", answer.status)});
  }
  (void)co_await run_to_end(guest, "true", {}, {}, kAnswerLimit);
  co_return Result<void>{};
}

bool is_alive(const ParkedVm& parked) { return parked.vm->usage().has_value(); }

Task<void> end_halted(SandboxPtr sandbox) { co_await sandbox->end_halted(); }

}  // namespace

MemoryOfHost read_memory_of_host() {
  auto text = read_file("/proc/meminfo", 64 * kKib);
  if (!text) return {};
  return {bytes_of_line(*text, "MemTotal:").value_or(0), bytes_of_line(*text, "MemAvailable:").value_or(0)};
}

Parking::Parking(World& world, const fs::path& state, ParkingLimits limits,
                 std::function<MemoryOfHost()> memory)
    : world_(world),
      directory_(state / "parked"),
      most_(static_cast<std::size_t>(std::max(0, limits.most))),
      keep_paused_(limits.keep_paused),
      memory_(std::move(memory)),
      changed_(world.executor) {}

Result<void> Parking::clean_up() {
  std::error_code error;
  fs::remove_all(directory_, error);
  if (!error) fs::create_directories(directory_, error);
  if (error) return fail(errno_error("empty " + directory_.string(), error.value()));
  return {};
}

Parking::Lot& Parking::lot_of(const TemplateImage& image, VmShape shape, Rehearsal rehearsal) {
  auto& lot = lots_[image.directory];
  lot.shape = shape;
  lot.rehearsal = rehearsal;
  return lot;
}

std::size_t Parking::parked() const {
  std::size_t count = 0;
  for (const auto& [image, lot] : lots_) count += lot.parked.size();
  return count;
}

std::optional<ParkedVm> Parking::take(const TemplateImage& image, VmShape shape, Rehearsal rehearsal) {
  if (most_ == 0 || closed_) return std::nullopt;
  auto& lot = lot_of(image, shape, rehearsal);
  lot.last_asked = world_.clock.now();
  lot.asked.push_back(lot.last_asked);
  // Its guest has everything still to do: nothing of ours is to run beside it.
  if (rehearsal == Rehearsal::forbidden)
    lot.not_before = std::max(lot.not_before, lot.last_asked + kBeginning);
  if (lot.asked.size() > most_) lot.asked.pop_front();
  look();
  auto found = std::ranges::find_if(lot.parked, is_alive);
  if (found == lot.parked.end()) return std::nullopt;
  auto taken = std::move(*found);
  lot.parked.erase(found);
  return taken;
}

void Parking::expect(const TemplateImage& image, VmShape shape) {
  if (most_ == 0) return;
  lot_of(image, shape, Rehearsal::done);
  look();
}

// One for each image, those that were asked for last first; what is left goes to those that were asked for
// more often. There may be any number of snapshots: those that nobody has asked for lately have no share.
std::map<fs::path, std::size_t> Parking::shares() const {
  auto since = world_.clock.now() - kMemory;
  std::vector<const Lots::value_type*> order;
  for (const auto& entry : lots_)
    if (entry.second.rehearsal == Rehearsal::done || entry.second.last_asked > since) order.push_back(&entry);
  std::ranges::sort(order, std::greater{}, [](const auto* entry) { return entry->second.last_asked; });
  std::map<fs::path, std::size_t> shares;
  auto left = most_;
  for (const auto* entry : order) {
    shares[entry->first] = std::min<std::size_t>(left, 1);
    left -= shares[entry->first];
  }
  for (const auto* entry : order) {
    auto recent = static_cast<std::size_t>(
        std::ranges::count_if(entry->second.asked, [&](Time at) { return at > since; }));
    auto more = std::min(left, recent);
    shares[entry->first] += more;
    left -= more;
  }
  return shares;
}

// A quarter of the memory is left to those who have asked for theirs.
bool Parking::may_grow() const {
  auto [total, available] = memory_();
  return available >= total / 4;
}

// Those that nobody asks for any more, all of them when memory is short, and those that have died.
void Parking::end_surplus() {
  auto [total, available] = memory_();
  auto shares = this->shares();
  for (auto& [image, lot] : lots_) {
    auto share = shares.find(image);
    auto kept = share == shares.end() || available < total / 8 ? 0 : share->second;
    auto dead = std::ranges::partition(lot.parked, is_alive);
    auto alive = lot.parked.size() - dead.size();
    for (auto left = lot.parked.size() - std::min(alive, kept); left > 0; --left) {
      end_soon(std::move(lot.parked.back()));
      lot.parked.pop_back();
    }
  }
  std::erase_if(lots_, [&](const auto& entry) { return !shares.contains(entry.first); });
}

std::optional<fs::path> Parking::wanted() const {
  if (!may_grow()) return std::nullopt;
  std::optional<fs::path> best;
  std::size_t fewest = most_;
  auto now = world_.clock.now();
  for (const auto& [image, share] : shares()) {
    const auto& lot = lots_.at(image);
    auto have = lot.parked.size();
    if (have >= share || have >= fewest || lot.not_before > now) continue;
    best = image;
    fewest = have;
  }
  return best;
}

Task<Result<ParkedVm>> Parking::restore(fs::path image, VmShape shape, Rehearsal rehearsal) {
  auto id = SandboxId::random();
  ParkedVm parked;
  parked.directory = directory_ / id.str();
  std::error_code error;
  fs::create_directories(parked.directory, error);
  if (error) co_return fail(errno_error("mkdir " + parked.directory.string(), error.value()));
  RestoreSpec spec{.id = id,
                   .directory = parked.directory,
                   .image = {image},
                   .shape = shape,
                   .in_background = true,
                   .halted = rehearsal == Rehearsal::forbidden};
  auto vm = co_await world_.hypervisor.restore(std::move(spec));
  auto ready = vm ? Result<void>{} : fail(vm.error());
  if (vm) {
    parked.vm = *vm;
    parked.guest = make_guest_http(world_.executor, *vm);
    if (rehearsal == Rehearsal::done) ready = co_await rehearse_and_halt(parked);
  }
  if (ready) co_return parked;
  co_await end(std::move(parked));
  co_return fail(std::move(ready).error());
}

Task<Result<void>> Parking::rehearse_and_halt(const ParkedVm& parked) {
  CO_TRY_VOID(co_await with_timeout(kAnswerLimit, "the guest's first answer", rehearse(*parked.guest)));
  co_return co_await parked.vm->stop();
}

Task<void> Parking::end(ParkedVm parked) {
  if (parked.vm) co_await parked.vm->kill();
  auto error = co_await world_.blocking.run([directory = parked.directory] {
    std::error_code failure;
    fs::remove_all(directory, failure);
    return failure;
  });
  if (error) log::warn("files of a parked VM not removed", {{"why", error.message()}});
}

Task<void> Parking::park(fs::path image) {
  is_parking_ = true;
  ScopeExit leave([this] {
    is_parking_ = false;
    look();
  });
  const auto& wanted = lots_.at(image);
  auto parked = co_await detached(world_.tasks, "park a VM", restore(image, wanted.shape, wanted.rehearsal));
  auto lot = lots_.find(image);
  if (!parked) {
    log::warn("no VM parked", {{"image", image.string()}, {"error", parked.error()}});
    if (lot != lots_.end()) lot->second.not_before = world_.clock.now() + kAfterFailure;
    co_return;
  }
  if (closed_ || lot == lots_.end()) co_return co_await end(*std::move(parked));
  lot->second.parked.push_back(*std::move(parked));
}

void Parking::drop(const fs::path& directory) {
  for (auto it = lots_.begin(); it != lots_.end();) {
    if (std::ranges::mismatch(directory, it->first).in1 != directory.end()) {
      ++it;
      continue;
    }
    for (auto& parked : it->second.parked) end_soon(std::move(parked));
    it = lots_.erase(it);
  }
}

void Parking::end_soon(ParkedVm parked) { world_.tasks.spawn("end a parked VM", end(std::move(parked))); }

AfterPause Parking::after_pause() const {
  return !closed_ && keep_paused_ > 0ms && may_grow() ? AfterPause::halt : AfterPause::end;
}

void Parking::keep(const SandboxPtr& sandbox) {
  std::erase_if(kept_, [&](const Kept& one) { return one.sandbox.lock() == sandbox; });
  kept_.push_back({sandbox, world_.clock.now()});
  look();
}

void Parking::end_kept() {
  auto latest = world_.clock.now() - keep_paused_;
  bool is_memory_short = !may_grow();
  std::erase_if(kept_, [](const Kept& one) {
    auto sandbox = one.sandbox.lock();
    return !sandbox || !sandbox->halted_vm();
  });
  while (!kept_.empty() && (is_memory_short || kept_.front().since <= latest || kept_.size() > kMostKept)) {
    if (auto sandbox = kept_.front().sandbox.lock())
      world_.tasks.spawn("end a halted VM", end_halted(std::move(sandbox)));
    kept_.pop_front();
  }
}

Task<void> Parking::run() {
  while (!closed_) {
    end_surplus();
    end_kept();
    if (auto image = wanted())
      co_await park(*std::move(image));
    else
      co_await changed_.wait_for(kRound);
  }
}

Task<void> Parking::shut_down() {
  closed_ = true;
  look();
  while (is_parking_) co_await changed_.wait();
  for (const auto& one : std::exchange(kept_, {})) {
    auto sandbox = one.sandbox.lock();
    auto vm = sandbox ? sandbox->halted_vm() : nullptr;
    if (!vm) continue;
    co_await sandbox->end_halted();
    co_await vm->exited();
  }
  auto lots = std::exchange(lots_, {});
  for (auto& [image, lot] : lots)
    for (auto& parked : lot.parked) {
      auto vm = parked.vm;
      co_await end(std::move(parked));
      co_await vm->exited();
    }
}

}  // namespace sandbar::agent
