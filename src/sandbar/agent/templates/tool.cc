// SPDX-License-Identifier: Apache-2.0
#include "sandbar/agent/templates/tool.h"

#include <fcntl.h>
#include <sys/wait.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <csignal>
#include <cstdlib>

#include "sandbar/async/timer.h"
#include "sandbar/base/scope_exit.h"
#include "sandbar/base/try.h"
#include "sandbar/proc/child.h"
#include "sandbar/proc/ended.h"

namespace sandbar::agent {
namespace {

namespace asio = boost::asio;
constexpr std::size_t kLongestLine = 4096, kMostOutput = 1 << 20;

struct Running {
  proc::Child child;
  proc::Fd output;
};

// A program of its own process namespace: when its first process ends, so do all others.
std::vector<std::string> with_namespace(std::vector<std::string> command) {
  std::vector<std::string> all{"unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "--"};
  all.insert(all.end(), std::make_move_iterator(command.begin()), std::make_move_iterator(command.end()));
  return all;
}

std::vector<std::string> environment() {
  std::vector<std::string> env{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                               "LC_ALL=C.UTF-8", "DEBIAN_FRONTEND=noninteractive"};
  for (const char* name : {"HOME", "TMPDIR", "http_proxy", "https_proxy", "no_proxy"})
    if (const char* value = std::getenv(name)) env.push_back(fmt::format("{}={}", name, value));
  return env;
}

Result<proc::Fd> open_input(const std::filesystem::path& path) {
  const char* name = path.empty() ? "/dev/null" : path.c_str();
  proc::Fd file(open(name, O_RDONLY | O_CLOEXEC));
  if (!file) return fail(errno_error(fmt::format("open {}", name), errno));
  return file;
}

Result<Running> start(const Tool& tool) {
  TRY(auto input, open_input(tool.input));
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return fail(errno_error("pipe", errno));
  proc::Fd ours(ends[0]), theirs(ends[1]);
  proc::ChildOptions options{.program = "unshare",
                             .args = with_namespace(tool.command),
                             .env = environment(),
                             .cwd = tool.directory.string(),
                             .fds = {{input.get(), 0}, {theirs.get(), 1}, {theirs.get(), 2}}};
  options.new_session = true;
  options.kill_with_parent = SIGKILL;
  auto child = proc::start_child(options);
  if (!child) return fail(Error{Errc::unavailable, child.error().message, child.error().detail});
  return Running{*std::move(child), std::move(ours)};
}

class Lines {
 public:
  explicit Lines(LineSink sink) : sink_(std::move(sink)) {}
  void add(std::string_view bytes) {
    for (char c : bytes) {
      bool ends = c == '\n' || c == '\r';
      if (!ends) line_ += c;
      if (ends || line_.size() == kLongestLine) flush();
    }
  }
  void flush() {
    if (!line_.empty()) sink_(line_);
    line_.clear();
  }

 private:
  LineSink sink_;
  std::string line_;
};

Task<void> read_lines(asio::posix::stream_descriptor& output, LineSink sink) {
  Lines lines(std::move(sink));
  std::array<char, 16 * 1024> buffer;
  for (;;) {
    auto [error, count] =
        co_await output.async_read_some(asio::buffer(buffer), asio::as_tuple(asio::use_awaitable));
    if (error) break;
    lines.add({buffer.data(), count});
  }
  lines.flush();
}

Result<void> status_of(const siginfo_t& info, const std::string& name) {
  if (info.si_code == CLD_EXITED && info.si_status == 0) return {};
  auto how = info.si_code == CLD_EXITED ? "failed with status" : "was ended by signal";
  auto message = fmt::format("{} {} {}", name, how, info.si_status);
  return fail(Error{Errc::internal_error, message, message});
}

Result<void> reap(const proc::Child& child, const std::string& name) {
  siginfo_t info{};
  while (waitid(P_PIDFD, static_cast<id_t>(child.pidfd.get()), &info, WEXITED) != 0)
    if (errno != EINTR) return fail(errno_error("wait for " + name, errno));
  return status_of(info, name);
}

Task<Result<void>> run_to_the_end(Tool tool, LineSink on_line) {
  CO_TRY(auto running, start(tool));
  ScopeExit stop([&running] {
    kill(running.child.pid, SIGKILL);
    (void)reap(running.child, "");
  });
  asio::posix::stream_descriptor output(co_await asio::this_coro::executor, running.output.release());
  co_await read_lines(output, std::move(on_line));
  co_await proc::wait_until_ended(proc::Fd(fcntl(running.child.pidfd.get(), F_DUPFD_CLOEXEC, 3)));
  stop.release();
  co_return reap(running.child, tool.command.front());
}

}  // namespace

Task<Result<void>> run_tool(Tool tool, LineSink on_line) {
  auto limit = tool.limit;
  auto name = tool.command.front();
  co_return co_await with_timeout(limit, name, run_to_the_end(std::move(tool), std::move(on_line)));
}

Task<Result<std::string>> read_tool(Tool tool) {
  auto text = std::make_shared<std::string>();
  auto keep = [text](std::string_view line) {
    if (text->size() + line.size() < kMostOutput) *text += fmt::format("{}\n", line);
  };
  CO_TRY_VOID(co_await run_tool(std::move(tool), keep));
  co_return std::move(*text);
}

}  // namespace sandbar::agent
