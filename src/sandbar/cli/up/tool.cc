// SPDX-License-Identifier: Apache-2.0
#include "sandbar/cli/up/tool.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/redirect_error.hpp>
#include <cerrno>
#include <csignal>

#include "sandbar/proc/ended.h"

namespace sandbar::cli {
namespace {

namespace asio = boost::asio;

constexpr std::size_t kMaxOutput = 1 << 20;
constexpr std::size_t kMaxTail = 2000;

struct Pipe {
  proc::Fd read, write;
};

Result<Pipe> open_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return fail(errno_error("pipe", errno));
  return Pipe{proc::Fd(ends[0]), proc::Fd(ends[1])};
}

// Calls `on_line` for each whole line at the end of `output` that was not seen before.
class Lines {
 public:
  explicit Lines(std::function<void(const std::string&)> on_line) : on_line_(std::move(on_line)) {}
  void add(std::string_view bytes) {
    if (!on_line_) return;
    rest_ += bytes;
    for (auto end = rest_.find('\n'); end != std::string::npos; end = rest_.find('\n')) {
      on_line_(rest_.substr(0, end));
      rest_.erase(0, end + 1);
    }
    if (rest_.size() > kMaxTail) rest_.clear();
  }

 private:
  std::function<void(const std::string&)> on_line_;
  std::string rest_;
};

Task<std::string> read_all(proc::Fd fd, Lines lines) {
  asio::posix::stream_descriptor pipe(co_await asio::this_coro::executor, fd.release());
  std::string output;
  std::array<char, 4096> piece;
  for (;;) {
    boost::system::error_code error;
    auto got =
        co_await pipe.async_read_some(asio::buffer(piece), asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return output;
    lines.add({piece.data(), got});
    output.append(piece.data(), got);
    if (output.size() > kMaxOutput) output.erase(0, output.size() - kMaxOutput);
  }
}

std::string tail(const std::string& text) {
  return text.size() <= kMaxTail ? text : text.substr(text.size() - kMaxTail);
}

std::string tail_of_file(const std::string& path, off_t from) {
  proc::Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string text(kMaxTail, '\0');
  auto end = file ? ::lseek(file.get(), 0, SEEK_END) : 0;
  auto begin = std::max(from, end - static_cast<off_t>(kMaxTail));
  auto got = file ? ::pread(file.get(), text.data(), text.size(), begin) : 0;
  text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return text;
}

int code_of(int status) { return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status); }

}  // namespace

std::vector<std::string> plain_environment() {
  return {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/", "LANG=C.UTF-8"};
}

Task<int> wait_for_end(proc::Child child) {
  co_await proc::wait_until_ended(std::move(child.pidfd));
  int status = 0;
  ::waitpid(child.pid, &status, 0);
  co_return code_of(status);
}

Task<Result<std::string>> run_tool(Tool tool) {
  CO_TRY(auto pipe, open_pipe());
  proc::Fd errors(::open(tool.errors.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640));
  proc::Fd nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (!errors || !nothing) co_return fail(errno_error("open " + tool.errors, errno));
  auto begin = ::lseek(errors.get(), 0, SEEK_END);
  proc::ChildOptions options{
      .program = tool.program, .args = tool.args, .env = tool.env, .cwd = "/", .identity = tool.identity};
  options.args.insert(options.args.begin(), tool.program);
  options.fds = {{nothing.get(), 0}, {pipe.write.get(), 1}, {errors.get(), 2}};
  options.kill_with_parent = SIGTERM;
  CO_TRY(auto child, proc::start_child(options));
  pipe.write.reset();
  auto output = co_await read_all(std::move(pipe.read), Lines(tool.on_line));
  auto code = co_await wait_for_end(std::move(child));
  if (code == 0) co_return output;
  co_return fail(Error{Errc::unknown, fmt::format("{} failed with exit code {}", tool.program, code),
                       tail(output) + tail_of_file(tool.errors, begin)});
}

}  // namespace sandbar::cli
