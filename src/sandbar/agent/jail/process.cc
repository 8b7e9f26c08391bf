// SPDX-License-Identifier: Apache-2.0
#include "sandbar/agent/jail/process.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "sandbar/agent/disk/files.h"
#include "sandbar/base/proc_text.h"
#include "sandbar/base/strings.h"
#include "sandbar/base/try.h"

namespace sandbar::agent {
namespace {

std::uint64_t number(std::string_view text) {
  return static_cast<std::uint64_t>(parse_int(text).value_or(0));
}

Error gone(pid_t pid) { return not_found("process", fmt::format("{}", pid)); }

}  // namespace

Result<ProcessStat> stat_process(pid_t pid) {
  auto text = read_file(fmt::format("/proc/{}/stat", pid), 4096);
  if (!text) return fail(gone(pid));
  // The name, in parentheses, may contain anything; fields are counted from behind it: the next one is
  // number 3.
  auto after = text->rfind(')');
  if (after == std::string::npos) return fail(gone(pid));
  auto fields = split(std::string_view(*text).substr(after + 2), ' ');
  if (fields.size() < 20) return fail(gone(pid));
  auto tick = 1'000'000'000ULL / static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK));
  return ProcessStat{number(fields[19]), (number(fields[11]) + number(fields[12])) * tick, fields[0] == "Z"};
}

Result<std::uint64_t> private_memory(pid_t pid) {
  auto text = read_file(fmt::format("/proc/{}/status", pid), 16 * 1024);
  if (!text) return fail(gone(pid));
  if (auto bytes = bytes_of_line(*text, "RssAnon:")) return *bytes;
  return fail(gone(pid));
}

Result<proc::Fd> open_process(pid_t pid, std::uint64_t start_time) {
  proc::Fd fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!fd) return fail(gone(pid));
  auto stat = stat_process(pid);
  if (!stat || stat->start_time != start_time || stat->zombie) return fail(gone(pid));
  return fd;
}

std::vector<pid_t> processes_of_users(uid_t first, uid_t count) {
  std::vector<pid_t> found;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator("/proc", ignored)) {
    auto pid = parse_int(entry.path().filename().string());
    struct stat info{};
    if (!pid || ::stat(entry.path().c_str(), &info) != 0) continue;
    if (info.st_uid < first || info.st_uid - first >= count) continue;
    auto process = stat_process(static_cast<pid_t>(*pid));
    if (process && !process->zombie) found.push_back(static_cast<pid_t>(*pid));
  }
  return found;
}

void kill_process(const proc::Fd& pidfd) {
  ::syscall(SYS_pidfd_send_signal, pidfd.get(), SIGKILL, nullptr, 0);
}

}  // namespace sandbar::agent
