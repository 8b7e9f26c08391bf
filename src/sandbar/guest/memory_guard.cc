// SPDX-License-Identifier: Apache-2.0
#include "sandbar/guest/memory_guard.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/redirect_error.hpp>
#include <filesystem>

#include "sandbar/async/timer.h"
#include "sandbar/base/strings.h"
#include "sandbar/base/units.h"
#include "sandbar/guest/small_file.h"
#include "sandbar/log/log.h"

namespace sandbar::guest {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

constexpr auto kStep = 500ms;
constexpr int kPatience = 4;  // steps that it may go on
// What was seen where it went on for minutes, emulated: 230-400 faults in a step, and 0.2 MiB of files, where
// an interpreter alone needs some 10.
constexpr std::uint64_t kManyFaults = 60;
constexpr std::uint64_t kNoFiles = 2 * kMib;

std::uint64_t number_in(std::string_view text) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(0, parse_int(trim(text)).value_or(0)));
}

std::uint64_t value_of(std::string_view stat, std::string_view name) {
  for (auto line : split(stat, '\n'))
    if (line.starts_with(name) && line.substr(name.size()).starts_with(' '))
      return number_in(line.substr(name.size() + 1));
  return 0;
}

std::string text_of(const std::string& path) { return read_small_file(path, 16 * 1024).value_or(""); }

MemoryUse use_of(const std::string& cgroup) {
  return parse_memory_use(text_of(cgroup + "/memory.current"), text_of(cgroup + "/memory.stat"));
}

struct Largest {
  pid_t pid = 0;
  std::uint64_t pages = 0;
};

void look_at(std::string_view pids, Largest& largest) {
  for (auto line : split(pids, '\n')) {
    auto pid = static_cast<pid_t>(number_in(line));
    if (pid <= 1) continue;
    auto statm = text_of(fmt::format("/proc/{}/statm", pid));  // "size resident …", in pages
    auto fields = split(statm, ' ');
    auto pages = fields.size() > 1 ? number_in(fields[1]) : 0;
    if (pages > largest.pages) largest = {pid, pages};
  }
}

void kill_largest(const std::string& cgroup) {
  Largest largest;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(cgroup, error))
    if (entry.is_directory(error)) look_at(text_of(entry.path().string() + "/cgroup.procs"), largest);
  if (largest.pid == 0) return;
  log::warn("killed: memory is exhausted", {{"pid", largest.pid}, {"pages", largest.pages}});
  ::kill(largest.pid, SIGKILL);
}

// Until it has been quiet for a while.
Task<void> watch(const std::string& cgroup, std::uint64_t bound) {
  auto before = use_of(cgroup);
  for (int quiet = 0, bad = 0; quiet < kPatience;) {
    co_await sleep_for(kStep);
    auto now = use_of(cgroup);
    if (is_thrashing(before, now, bound)) {
      quiet = 0;
      if (++bad == kPatience) kill_largest(cgroup), bad = 0;
    } else {
      ++quiet;
      bad = 0;
    }
    before = now;
  }
}

}  // namespace

MemoryUse parse_memory_use(std::string_view current, std::string_view stat) {
  auto files = value_of(stat, "file");
  return {number_in(current), files - std::min(files, value_of(stat, "shmem")), value_of(stat, "pgmajfault")};
}

bool is_thrashing(const MemoryUse& before, const MemoryUse& now, std::uint64_t bound) {
  return now.bytes >= bound - bound / 64 && now.file_bytes <= kNoFiles &&
         now.read_again >= before.read_again + kManyFaults;
}

// The kernel reports a change of memory.events, as long as the last one has been read, by EPOLLPRI.
Task<void> guard_memory(std::string cgroup) {
  auto bound = number_in(text_of(cgroup + "/memory.max"));
  int file = ::open((cgroup + "/memory.events").c_str(), O_RDONLY | O_CLOEXEC);
  if (bound == 0 || file < 0) co_return log::warn("memory is not guarded", {{"cgroup", cgroup}});
  asio::posix::stream_descriptor events(co_await asio::this_coro::executor, file);
  for (;;) {
    char text[512];
    if (::pread(file, text, sizeof text, 0) < 0) co_return log::warn("memory is not guarded any more");
    boost::system::error_code error;
    co_await events.async_wait(asio::posix::stream_descriptor::wait_error,
                               asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return;
    co_await watch(cgroup, bound);
  }
}

}  // namespace sandbar::guest
