// SPDX-License-Identifier: Apache-2.0
#include "sandbar/guest/boot.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "sandbar/base/proc_text.h"
#include "sandbar/base/strings.h"
#include "sandbar/base/units.h"
#include "sandbar/guest/metrics.h"
#include "sandbar/guest/network.h"
#include "sandbar/guest/small_file.h"
#include "sandbar/log/log.h"
#include "sandbar/proc/fd.h"

namespace sandbar::guest {
namespace {

constexpr const char* kCgroupRoot = "/sys/fs/cgroup";
constexpr const char* kCgroup = kCommandsCgroup;
constexpr int kCommandCgroups = 16;

struct Mount {
  const char *type, *target;
  unsigned long flags;
  const char* data;
};
constexpr auto kMounts =
    std::to_array<Mount>({{"proc", "/proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, ""},
                          {"sysfs", "/sys", MS_NOSUID | MS_NODEV | MS_NOEXEC, ""},
                          {"devtmpfs", "/dev", MS_NOSUID, "mode=0755"},
                          {"devpts", "/dev/pts", MS_NOSUID | MS_NOEXEC, "mode=0620,gid=5,ptmxmode=0666"},
                          {"tmpfs", "/dev/shm", MS_NOSUID | MS_NODEV, "mode=1777"},
                          {"tmpfs", "/run", MS_NOSUID | MS_NODEV, "mode=0755"},
                          {"cgroup2", kCgroupRoot, MS_NOSUID | MS_NODEV | MS_NOEXEC, "nsdelegate"}});

struct Link {
  const char *target, *name;
};
constexpr auto kLinks = std::to_array<Link>({{"/proc/self/fd", "/dev/fd"},
                                             {"/proc/self/fd/0", "/dev/stdin"},
                                             {"/proc/self/fd/1", "/dev/stdout"},
                                             {"/proc/self/fd/2", "/dev/stderr"}});

struct KernelSetting {
  const char *path, *value;
};
constexpr auto kSettings =
    std::to_array<KernelSetting>({{"/proc/self/oom_score_adj", "-1000"},
                                  {"/proc/sys/fs/inotify/max_user_instances", "1024"},
                                  {"/proc/sys/fs/inotify/max_user_watches", "524288"},
                                  {"/proc/sys/net/ipv4/ping_group_range", "0 2147483647"}});

void note(std::string_view what, const char* object) {
  log::warn("boot step failed", {{"step", what},
                                 {"object", std::string_view(object)},
                                 {"error", std::string_view(std::strerror(errno))}});
}

void make_cgroup(const char* path) {
  if (mkdir(path, 0755) != 0 && errno != EEXIST) note("cgroup", path);
}

void set_cgroup(const char* path, const char* file, std::string_view value) {
  if (!write_setting(fmt::format("{}/{}", path, file), value)) note("cgroup", file);
}

// The initramfs moved some of these here already: a second mount would hide them.
bool is_mount_point(const char* path) {
  struct stat self{}, parent{};
  return stat(path, &self) == 0 && stat((std::string(path) + "/..").c_str(), &parent) == 0 &&
         self.st_dev != parent.st_dev;
}

void mount_all() {
  for (const auto& [type, target, flags, data] : kMounts) {
    mkdir(target, 0755);
    if (!is_mount_point(target) && mount(type, target, type, flags, data) != 0) note("mount", target);
  }
  for (auto [target, name] : kLinks)
    if (symlink(target, name) != 0 && errno != EEXIST) note("link", name);
  mkdir("/tmp", 01777);
  chmod("/tmp", 01777);
  mkdir("/run/lock", 01777);
}

// Commands may take what is free now but for a reserve, so that an exhausted sandbox kills its own processes
// and the guest stays reachable. What a process costs the kernel (about 100 KiB) bounds their number, which
// is answered.
std::uint64_t limit_commands() {
  constexpr std::uint64_t kPidsPerGib = 4096;
  auto meminfo = read_small_file("/proc/meminfo", 8192).value_or("");
  auto total = bytes_of_line(meminfo, "MemTotal:").value_or(0),
       available = bytes_of_line(meminfo, "MemAvailable:").value_or(0);
  auto reserve = std::clamp(total / 16, 24 * kMib, 128 * kMib);
  auto memory = available > 2 * reserve ? available - reserve : reserve;
  auto pids = std::clamp(total * kPidsPerGib / kGib, std::uint64_t{256}, std::uint64_t{32768});
  set_cgroup(kCgroup, "memory.max", fmt::to_string(memory));
  set_cgroup(kCgroup, "pids.max", fmt::to_string(pids));
  return pids;
}

// One command and its descendants have a quarter of the processes, one for each MiB: others find room, and a
// bomb of so many can still be killed within seconds where the machine is emulated.
void make_cgroups(CommandCgroups& cgroups) {
  set_cgroup(kCgroupRoot, "cgroup.subtree_control", "+memory +pids +cpu");
  make_cgroup(kCgroup);
  auto pids = limit_commands();
  set_cgroup(kCgroup, "cgroup.subtree_control", "+pids +cpu");
  for (int i = 0; i < kCommandCgroups; ++i) {
    auto path = fmt::format("{}/{}", kCgroup, i);
    make_cgroup(path.c_str());
    set_cgroup(path.c_str(), "pids.max", fmt::to_string(pids / 4));
    if (!cgroups.add(path)) note("cgroup", path.c_str());
  }
}

void set_limits() {
  constexpr rlimit kFiles{65'536, 1 << 20}, kNoCore{0, RLIM_INFINITY},
      kUnlimited{RLIM_INFINITY, RLIM_INFINITY};
  if (setrlimit(RLIMIT_NOFILE, &kFiles) != 0) note("limit", "open files");
  if (setrlimit(RLIMIT_CORE, &kNoCore) != 0) note("limit", "core");
  if (setrlimit(RLIMIT_NPROC, &kUnlimited) != 0) note("limit", "processes");
}

void write_if_absent(const char* path, std::string_view text) {
  struct stat st{};
  if (stat(path, &st) == 0 && st.st_size > 0) return;
  unlink(path);  // it may be a link to nowhere
  proc::Fd file(open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!file || write(file.get(), text.data(), text.size()) < 0) note("write", path);
}

void set_names() {
  prctl(PR_SET_NAME, "sandbar-guest");  // init starts it by descriptor, which the kernel would name it after
  auto name = read_small_file("/etc/hostname", 64).value_or("");
  auto bare = std::string(trim(name));
  if (bare.empty()) bare = "sandbar";
  if (sethostname(bare.data(), bare.size()) != 0) note("hostname", bare.c_str());
  write_if_absent("/etc/hosts", fmt::format("127.0.0.1 localhost {}\n::1 localhost\n", bare));
  write_if_absent("/etc/resolv.conf", "nameserver 1.1.1.1\nnameserver 8.8.8.8\n");
}

}  // namespace

void boot(Session& session) {
  mount_all();
  for (auto [path, value] : kSettings)
    if (!write_setting(path, value)) note("setting", path);
  set_limits();
  set_names();
  if (auto up = bring_up_network(); !up) log::error("network is down", {{"error", up.error()}});
  make_cgroups(session.cgroups);
  if (session.default_user.empty() && session.accounts.find("user")) session.default_user = "user";
}

void power_off() {
  sync();
  reboot(RB_POWER_OFF);
  _exit(0);
}

}  // namespace sandbar::guest
