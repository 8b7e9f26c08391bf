// SPDX-License-Identifier: Apache-2.0
#include "sandbar/cli/up/mark.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <boost/describe.hpp>
#include <csignal>

#include "sandbar/base/strings.h"
#include "sandbar/cli/files.h"
#include "sandbar/json/encode.h"
#include "sandbar/log/log.h"

namespace sandbar::cli {
namespace {

struct Mark {
  std::int64_t pid = 0;
  std::int64_t start_time = 0;
};
BOOST_DESCRIBE_STRUCT(Mark, (), (pid, start_time))

int open_pidfd(pid_t pid) { return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)); }
int signal_pidfd(int fd, int signal) {
  return static_cast<int>(::syscall(SYS_pidfd_send_signal, fd, signal, nullptr, 0));
}

bool ended_within(int pidfd, std::chrono::milliseconds time) {
  pollfd waiting{pidfd, POLLIN, 0};
  return ::poll(&waiting, 1, static_cast<int>(time.count())) == 1;
}

}  // namespace

std::optional<std::int64_t> start_time_of(pid_t pid) {
  auto text = read_file(fmt::format("/proc/{}/stat", pid));
  if (!text) return std::nullopt;
  // The second field is the name in parentheses, which may hold anything.
  auto fields = split(std::string_view(*text).substr(text->rfind(')') + 2), ' ');
  constexpr std::size_t kStartTime = 22 - 3, kState = 0;
  if (fields.size() <= kStartTime || fields[kState] == "Z" || fields[kState] == "X") return std::nullopt;
  return parse_int(fields[kStartTime]);
}

void write_mark(const std::string& path, pid_t pid) {
  auto written = write_file(path, json::encode(Mark{pid, start_time_of(pid).value_or(0)}), 0644);
  if (!written) log::warn("mark not written", {{"path", path}, {"error", written.error()}});
}

std::optional<RunningProcess> find_process(pid_t pid, std::int64_t start_time) {
  proc::Fd pidfd(pid > 0 ? open_pidfd(pid) : -1);
  if (!pidfd || start_time_of(pid) != start_time) return std::nullopt;
  return RunningProcess{pid, std::move(pidfd)};
}

std::optional<RunningProcess> find_marked(const std::string& path) {
  auto text = read_file(path);
  if (!text) return std::nullopt;
  auto mark = json::decode_text<Mark>(*text);
  if (!mark) return std::nullopt;
  return find_process(static_cast<pid_t>(mark->pid), mark->start_time);
}

void end_process(const RunningProcess& process, int signal, std::chrono::milliseconds grace) {
  if (signal_pidfd(process.pidfd.get(), signal) != 0 || ended_within(process.pidfd.get(), grace)) return;
  signal_pidfd(process.pidfd.get(), SIGKILL);
  ended_within(process.pidfd.get(), std::chrono::seconds(10));
}

}  // namespace sandbar::cli
