// SPDX-License-Identifier: Apache-2.0
#include "sandbar/agent/vm/accelerator.h"

#include <cpuid.h>
#include <fcntl.h>
#include <time.h>
#include <x86intrin.h>

#include "sandbar/agent/disk/files.h"
#include "sandbar/base/strings.h"
#include "sandbar/json/encode.h"
#include "sandbar/log/log.h"

namespace sandbar::agent {
namespace {

struct Answer {
  std::string identity;
  bool kvm_works = false;
};
BOOST_DESCRIBE_STRUCT(Answer, (), (identity, kvm_works))

constexpr const char* kBoard = "microvm,pit=off,pic=off,rtc=on,memory-backend=ram";
// What the emulator knows, but for ERMS, which lets kernel and C library copy with "rep movsb": that is
// emulated byte by byte.
constexpr const char* kEmulatedCpu = "max,-erms";
constexpr std::uint64_t kMeasureNs = 50'000'000;

std::uint64_t monotonic_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC_RAW, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(now.tv_nsec);
}

// Leaf 15H states the frequency where the manufacturer filled it in.
std::uint64_t stated_tsc_khz() {
  unsigned denominator = 0, numerator = 0, crystal_hz = 0, unused = 0;
  if (!__get_cpuid_count(0x15, 0, &denominator, &numerator, &crystal_hz, &unused)) return 0;
  if (denominator == 0 || numerator == 0 || crystal_hz == 0) return 0;
  return std::uint64_t{crystal_hz} * numerator / denominator / 1000;
}

std::string line_of_cpuinfo(std::string_view key) {
  auto text = read_file("/proc/cpuinfo", 16 << 20);
  if (!text) return {};
  for (auto line : split(*text, '\n'))
    if (line.starts_with(key)) return std::string(trim(line.substr(line.find(':') + 1)));
  return {};
}

std::string stamp(const fs::path& file) {
  std::error_code error;
  auto size = fs::file_size(file, error);
  auto time = fs::last_write_time(file, error).time_since_epoch().count();
  return error ? "none" : fmt::format("{}@{}", size, time);
}

}  // namespace

bool kvm_is_worth_trying() {
  bool flag = false;
  auto flags = line_of_cpuinfo("flags");
  for (auto word : split(flags, ' ')) flag |= word == "vmx" || word == "svm";
  return flag && open_file("/dev/kvm", O_RDWR).has_value();
}

std::uint64_t measure_tsc_khz() {
  if (auto stated = stated_tsc_khz()) return stated;
  std::uint64_t start_ns = monotonic_ns(), start = __rdtsc();
  std::uint64_t now_ns = start_ns;
  while (now_ns - start_ns < kMeasureNs) now_ns = monotonic_ns();
  return (__rdtsc() - start) * 1'000'000 / (now_ns - start_ns);
}

Machine machine_with(bool kvm, std::uint64_t tsc_khz) {
  if (!kvm) return {.board = kBoard, .accelerator = "tcg", .cpu = kEmulatedCpu, .tsc_khz = tsc_khz};
  return {
      .board = kBoard, .accelerator = "kvm", .cpu = "host " + line_of_cpuinfo("model name"), .tsc_khz = 0};
}

bool can_run(const Machine& here, std::string_view cpu) {
  return cpu == here.cpu || (here.accelerator == "tcg" && cpu == "max");
}

std::string kernel_command_line(const Machine& machine) {
  std::string line =
      "console=ttyS0 quiet panic=-1 reboot=t i8042.noaux i8042.nomux i8042.dumbkbd 8250.nr_uarts=1 "
      "cryptomgr.notests mitigations=off audit=0 nokaslr rcupdate.rcu_expedited=1";
  if (machine.accelerator == "tcg")
    line += fmt::format(" norandmaps no_timer_check tsc=reliable tsc_early_khz={}", machine.tsc_khz);
  return line;
}

AcceleratorCache::AcceleratorCache(fs::path file, fs::path kernel, fs::path qemu)
    : file_(std::move(file)), kernel_(std::move(kernel)), qemu_(std::move(qemu)) {}

std::string AcceleratorCache::identity() const {
  auto boot = read_file("/proc/sys/kernel/random/boot_id", 64);
  return fmt::format("kernel {} qemu {} boot {}", stamp(kernel_), stamp(qemu_), boot ? trim(*boot) : "");
}

std::optional<bool> AcceleratorCache::kvm_works() const {
  auto text = read_file(file_, 4096);
  if (!text) return std::nullopt;
  auto answer = json::decode_text<Answer>(*text);
  if (!answer || answer->identity != identity()) return std::nullopt;
  return answer->kvm_works;
}

void AcceleratorCache::remember(bool works) const {
  auto stored = replace_file(file_, json::encode(Answer{identity(), works}) + "\n");
  if (!stored) log::warn("choice of accelerator not stored", {{"error", stored.error()}});
}

}  // namespace sandbar::agent
