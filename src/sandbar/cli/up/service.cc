// SPDX-License-Identifier: Apache-2.0
#include "sandbar/cli/up/service.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <filesystem>

#include "sandbar/async/timer.h"
#include "sandbar/cli/up/mark.h"
#include "sandbar/cli/up/tool.h"
#include "sandbar/log/log.h"

namespace sandbar::cli {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto kFirstPause = 200ms, kLongestPause = 10'000ms;
constexpr auto kStable = 60s;  // after running so long, the next failure counts as the first
constexpr std::uintmax_t kMaxLogBytes = 16 << 20;

}  // namespace

Service::Service(Executor executor, Layout layout, ServiceSpec spec)
    : executor_(executor), layout_(std::move(layout)), spec_(std::move(spec)), changed_(executor) {}

Result<proc::Child> Service::start() {
  auto path = layout_.log(spec_.name);
  proc::Fd log(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640));
  proc::Fd nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (!log || !nothing) return fail(errno_error("open " + path, errno));
  proc::ChildOptions options{.program = spec_.program,
                             .args = spec_.args(),
                             .env = spec_.env,
                             .cwd = "/",
                             .identity = spec_.identity};
  options.args.insert(options.args.begin(), spec_.program);
  options.fds = {{nothing.get(), 0}, {log.get(), 1}, {log.get(), 2}};
  options.new_session = true;
  auto child = proc::start_child(options);
  if (child) write_mark(layout_.mark(spec_.name), child->pid);
  return child;
}

Task<void> Service::keep_running() {
  for (auto pause = kFirstPause; !stopping_;) {
    auto begin = Clock::now();
    auto child = start();
    if (child) {
      ++starts_;
      pid_ = child->pid;
      auto code = co_await wait_for_end(*std::move(child));
      pid_ = 0;
      changed_.notify_all();
      if (stopping_) break;
      log::warn("program ended, starting it again", {{"program", spec_.name}, {"exit", code}});
    } else {
      log::error("program does not start", {{"program", spec_.name}, {"error", child.error()}});
    }
    if (Clock::now() - begin > kStable) pause = kFirstPause;
    co_await changed_.wait_for(pause);
    pause = std::min<std::chrono::milliseconds>(pause * 2, kLongestPause);
  }
}

Task<void> Service::stop() {
  stopping_ = true;
  changed_.notify_all();
  if (pid_ == 0) co_return;
  ::kill(pid_, spec_.stop_signal);
  auto end = Clock::now() + spec_.stop_grace;
  while (pid_ != 0 && Clock::now() < end)
    co_await changed_.wait_for(std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now()) +
                               1ms);
  if (pid_ == 0) co_return;
  log::warn("program does not stop, killing it", {{"program", spec_.name}});
  ::kill(pid_, SIGKILL);
  while (pid_ != 0) co_await changed_.wait();
}

void rotate_log(const std::string& path) {
  std::error_code error;
  auto size = std::filesystem::file_size(path, error);
  if (error || size < kMaxLogBytes) return;
  std::filesystem::copy_file(path, path + ".1", std::filesystem::copy_options::overwrite_existing, error);
  if (error || ::truncate(path.c_str(), 0) != 0) log::warn("log not rotated", {{"path", path}});
}

}  // namespace sandbar::cli
