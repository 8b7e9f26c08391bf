// SPDX-License-Identifier: Apache-2.0
#include "sandbar/agent/jail/cgroup.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <set>

#include "sandbar/agent/disk/files.h"
#include "sandbar/base/strings.h"
#include "sandbar/base/try.h"
#include "sandbar/log/log.h"

namespace sandbar::agent {
namespace {

constexpr auto kControllers = std::to_array<std::string_view>({"memory", "cpu", "pids", "io", "blkio"});
constexpr std::uint64_t kCpuPeriod = 100'000;  // microseconds
constexpr std::size_t kMaxMounts = 4 << 20;

struct Setting {
  std::string file, value;
};

std::vector<Setting> unified_settings(const CgroupLimits& limits, const std::string& device) {
  std::vector<Setting> out{
      {"memory.max", fmt::format("{}", limits.memory_bytes)},
      {"cpu.max",
       fmt::format("{} {}", kCpuPeriod * static_cast<std::uint64_t>(limits.cpu_percent) / 100, kCpuPeriod)},
      {"pids.max", fmt::format("{}", limits.processes)}};
  if (limits.io_bytes_per_second)
    out.push_back({"io.max", fmt::format("{} rbps={} wbps={}", device, limits.io_bytes_per_second,
                                         limits.io_bytes_per_second)});
  return out;
}

std::vector<Setting> old_settings(const CgroupLimits& limits, const std::string& device) {
  std::vector<Setting> out{
      {"memory.limit_in_bytes", fmt::format("{}", limits.memory_bytes)},
      {"cpu.cfs_period_us", fmt::format("{}", kCpuPeriod)},
      {"cpu.cfs_quota_us",
       fmt::format("{}", kCpuPeriod * static_cast<std::uint64_t>(limits.cpu_percent) / 100)},
      {"pids.max", fmt::format("{}", limits.processes)}};
  for (const char* way : {"read", "write"})
    if (limits.io_bytes_per_second)
      out.push_back({fmt::format("blkio.throttle.{}_bps_device", way),
                     fmt::format("{} {}", device, limits.io_bytes_per_second)});
  return out;
}

bool write_text(const fs::path& path, std::string_view text) {
  auto fd = open_file(path, O_WRONLY);
  return fd && ::write(fd->get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

void set_all(const fs::path& group, const std::vector<Setting>& settings) {
  for (const auto& [file, value] : settings)
    if (fs::exists(group / file) && !write_text(group / file, value))
      log::debug("cgroup limit not set", {{"file", (group / file).string()}, {"value", value}});
}

// The whole disk that a path is on: limits cannot be set on partitions.
std::string device_of(const fs::path& path) {
  struct stat info{};
  if (::stat(path.c_str(), &info) != 0) return {};
  auto name = fmt::format("{}:{}", ::major(info.st_dev), ::minor(info.st_dev));
  std::error_code ignored;
  auto node = fs::canonical("/sys/dev/block/" + name, ignored);
  if (ignored || !fs::exists(node / "partition")) return name;
  auto whole = read_file(node.parent_path() / "dev", 64);
  return whole ? std::string(trim(*whole)) : name;
}

bool known(std::string_view controller) {
  return std::ranges::find(kControllers, controller) != kControllers.end();
}

struct Mount {
  fs::path directory;
  std::vector<std::string> controllers;
  bool unified = false;
};

std::vector<std::string> unified_controllers(const fs::path& directory) {
  std::vector<std::string> out;
  auto text = read_file(directory / "cgroup.controllers", 4096);
  if (!text) return out;
  for (auto word : split(trim(*text), ' '))
    if (known(word)) out.emplace_back(word);
  return out;
}

std::vector<Mount> find_mounts() {
  std::vector<Mount> out;
  auto text = read_file("/proc/self/mounts", kMaxMounts);
  if (!text) return out;
  std::set<std::string, std::less<>> seen;
  for (auto line : split(*text, '\n')) {
    auto fields = split(line, ' ');
    if (fields.size() < 4 || !fields[2].starts_with("cgroup")) continue;
    Mount mount{.directory = std::string(fields[1]), .unified = fields[2] == "cgroup2"};
    if (mount.unified) mount.controllers = unified_controllers(mount.directory);
    if (!mount.unified)
      for (auto option : split(fields[3], ','))
        if (known(option)) mount.controllers.emplace_back(option);
    std::erase_if(mount.controllers, [&](const auto& name) { return !seen.insert(name).second; });
    if (!mount.controllers.empty()) out.push_back(std::move(mount));
  }
  return out;
}

// A v2 group hands its controllers to its children one level at a time.
void delegate(const Mount& mount, const fs::path& directory) {
  for (const auto& controller : mount.controllers) {
    write_text(mount.directory / "cgroup.subtree_control", "+" + controller);
    write_text(directory / "cgroup.subtree_control", "+" + controller);
  }
}

}  // namespace

Cgroups Cgroups::open(std::string name, const fs::path& state) {
  Cgroups cgroups;
  cgroups.device_ = device_of(state);
  for (const auto& mount : find_mounts()) {
    auto directory = mount.directory / name;
    if (::mkdir(directory.c_str(), 0755) != 0 && errno != EEXIST) continue;
    if (mount.unified) delegate(mount, directory);
    cgroups.hierarchies_.push_back({directory, mount.controllers, mount.unified});
  }
  return cgroups;
}

Result<proc::Fd> Cgroups::create_in(const Hierarchy& hierarchy, const std::string& group,
                                    const CgroupLimits& limits) const {
  auto directory = hierarchy.directory / group;
  if (::mkdir(directory.c_str(), 0755) != 0 && errno != EEXIST)
    return fail(errno_error("make cgroup " + directory.string(), errno));
  set_all(directory, hierarchy.unified ? unified_settings(limits, device_) : old_settings(limits, device_));
  return open_file(directory / "cgroup.procs", O_WRONLY);
}

Result<std::vector<proc::Fd>> Cgroups::create(const std::string& group, const CgroupLimits& limits) const {
  std::vector<proc::Fd> out;
  for (const auto& hierarchy : hierarchies_) {
    TRY(auto fd, create_in(hierarchy, group, limits));
    out.push_back(std::move(fd));
  }
  return out;
}

void Cgroups::set_background(const std::string& group, bool background) const {
  for (const auto& hierarchy : hierarchies_) {
    auto directory = hierarchy.directory / group;
    set_all(directory, {hierarchy.unified ? Setting{"cpu.weight", background ? "1" : "100"}
                                          : Setting{"cpu.shares", background ? "2" : "1024"}});
  }
}

void Cgroups::remove(const std::string& group) const {
  for (const auto& hierarchy : hierarchies_) ::rmdir((hierarchy.directory / group).c_str());
}

std::vector<std::string> Cgroups::groups() const {
  std::set<std::string> names;
  std::error_code ignored;
  for (const auto& hierarchy : hierarchies_)
    for (const auto& entry : fs::directory_iterator(hierarchy.directory, ignored))
      if (entry.is_directory(ignored)) names.insert(entry.path().filename().string());
  return {names.begin(), names.end()};
}

std::string Cgroups::controllers() const {
  std::string out;
  for (const auto& hierarchy : hierarchies_)
    for (const auto& controller : hierarchy.controllers) out += (out.empty() ? "" : " ") + controller;
  return out;
}

}  // namespace sandbar::agent
