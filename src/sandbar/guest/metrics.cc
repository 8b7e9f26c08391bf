// SPDX-License-Identifier: Apache-2.0
#include "sandbar/guest/metrics.h"

#include <fmt/format.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <ctime>
#include <utility>

#include "sandbar/base/proc_text.h"
#include "sandbar/base/strings.h"
#include "sandbar/guest/small_file.h"

namespace sandbar::guest {
namespace {

constexpr std::size_t kMaxFile = 64 * 1024;

}  // namespace

Metrics::CpuTimes Metrics::read_cpu() {
  auto text = read_small_file("/proc/stat", 4096).value_or("");
  CpuTimes times;
  int column = 0;
  for (auto field : split(std::string_view(text).substr(0, text.find('\n')), ' ')) {
    auto ticks = parse_int(field);
    if (!ticks) continue;
    bool idle = column == 3 || column == 4;
    if (column++ >= 8) break;  // guest time is part of user time
    times.total += static_cast<std::uint64_t>(*ticks);
    if (!idle) times.busy += static_cast<std::uint64_t>(*ticks);
  }
  return times;
}

std::string Metrics::json() {
  auto now = read_cpu();
  auto before = std::exchange(last_, now);
  auto elapsed = now.total - before.total;
  double used =
      elapsed == 0 ? 0 : 100.0 * static_cast<double>(now.busy - before.busy) / static_cast<double>(elapsed);
  auto meminfo = read_small_file("/proc/meminfo", kMaxFile).value_or("");
  auto memory = [&](std::string_view name) { return bytes_of_line(meminfo, name).value_or(0); };
  auto total = memory("MemTotal:"), available = memory("MemAvailable:"), cache = memory("Cached:");
  struct statvfs disk{};
  statvfs("/", &disk);
  auto disk_total = disk.f_blocks * disk.f_frsize, disk_used = (disk.f_blocks - disk.f_bfree) * disk.f_frsize;
  return fmt::format(
      R"({{"ts":{},"cpu_count":{},"cpu_used_pct":{:.2f},"mem_total":{},"mem_used":{},"mem_cache":{},"mem_total_mib":{},)"
      R"("mem_used_mib":{},"disk_used":{},"disk_total":{}}})",
      std::time(nullptr), sysconf(_SC_NPROCESSORS_ONLN), used, total, total - available, cache, total >> 20,
      (total - available) >> 20, disk_used, disk_total);
}

}  // namespace sandbar::guest
