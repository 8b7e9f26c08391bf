// SPDX-License-Identifier: Apache-2.0
#include "sandbar/cli/up/launch.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>
#include <cerrno>
#include <csignal>

#include "sandbar/base/strings.h"
#include "sandbar/cli/files.h"
#include "sandbar/cli/output.h"
#include "sandbar/cli/up/mark.h"
#include "sandbar/cli/up/tool.h"
#include "sandbar/json/encode.h"
#include "sandbar/log/log.h"

namespace sandbar::cli {
namespace {

namespace asio = boost::asio;

constexpr int kReportFd = 3;
// The last thing that a supervisor reports: it is ready. Everything before is for the user.
constexpr std::string_view kReady = "\x06\n";

void save_info(const Layout& layout, const RunningInfo& info) {
  auto written = write_file(layout.info(), json::encode(info), 0644);
  if (!written) log::error("info not written", {{"error", written.error()}});
}

Task<void> await_signal(Executor executor) {
  asio::signal_set signals(executor, SIGTERM, SIGINT);
  co_await signals.async_wait(asio::use_awaitable);
}

// Ctrl-C while starting ends the start; what was started is stopped again.
Task<Result<void>> start_unless_interrupted(Executor executor, Supervised& supervised) {
  using namespace asio::experimental::awaitable_operators;
  auto first = co_await (supervised.start() || await_signal(executor));
  if (first.index() == 0) co_return std::get<0>(std::move(first));
  co_return fail(Error{Errc::canceled, "interrupted"});
}

Result<proc::Child> start_supervisor(const Layout& layout, std::vector<std::string> arguments, int report) {
  auto log_path = layout.log("up");
  proc::Fd log(::open(log_path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640));
  proc::Fd nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (!log || !nothing) return fail(errno_error("open " + log_path, errno));
  proc::ChildOptions options{
      .program = program_folder() + "/sandbar", .env = plain_environment(), .cwd = "/"};
  if (const char* url = std::getenv("SANDBAR_DATABASE_URL"))
    options.env.push_back(std::string("SANDBAR_DATABASE_URL=") + url);
  options.args = std::move(arguments);
  options.args.insert(options.args.begin(), "sandbar");
  options.fds = {{nothing.get(), 0}, {log.get(), 1}, {log.get(), 2}, {report, kReportFd}};
  options.new_session = true;
  return proc::start_child(options);
}

std::string coloured(std::string text) {
  for (std::size_t at = 0; (at = text.find("==> ", at)) != std::string::npos; at += 4)
    if (at == 0 || text[at - 1] == '\n') text.replace(at, 3, toned(Tone::bold, "==>", STDERR_FILENO));
  return text;
}

// Shows what comes until the end; true if the supervisor said that it is ready.
Task<bool> show_report(Executor executor, proc::Fd report) {
  asio::posix::stream_descriptor pipe(executor, report.release());
  std::array<char, 4096> piece;
  for (;;) {
    boost::system::error_code error;
    auto got =
        co_await pipe.async_read_some(asio::buffer(piece), asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return false;
    std::string text(piece.data(), got);
    auto ready = text.ends_with(kReady);
    if (ready) text.resize(text.size() - kReady.size());
    [[maybe_unused]] auto shown = ::write(STDERR_FILENO, coloured(text).data(), coloured(text).size());
    if (ready) co_return true;
  }
}

Task<Result<bool>> show_until_interrupted(Executor executor, proc::Fd report, pid_t supervisor) {
  using namespace asio::experimental::awaitable_operators;
  auto first = co_await (show_report(executor, std::move(report)) || await_signal(executor));
  if (first.index() == 0) co_return std::get<0>(first);
  ::kill(supervisor, SIGTERM);
  ::waitpid(supervisor, nullptr, 0);
  co_return fail(Error{Errc::canceled, "interrupted; nothing is left running"});
}

}  // namespace

Result<proc::Fd> lock_state(const Layout& layout) {
  TRY_VOID(make_folder(layout.root, 0755));
  proc::Fd lock(::open(layout.lock().c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (!lock) return fail(errno_error("open " + layout.lock(), errno));
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) == 0) return lock;
  return fail(Error{Errc::conflict, "another `sandbar up` is at work on " + layout.root});
}

bool is_locked(const Layout& layout) {
  proc::Fd lock(::open(layout.lock().c_str(), O_RDWR | O_CLOEXEC));
  return lock && ::flock(lock.get(), LOCK_SH | LOCK_NB) != 0;
}

Task<Result<int>> supervise(Executor executor, Supervision what, int report_fd,
                            std::function<void()> on_ready) {
  const auto& layout = what.layout;
  CO_TRY(auto lock, lock_state(layout));
  CO_TRY_VOID(make_folder(layout.root + "/processes", 0755));
  write_mark(layout.mark("up"), ::getpid());
  Report report(report_fd);
  auto supervised = what.make(report);
  auto started = co_await start_unless_interrupted(executor, *supervised);
  if (started) {
    save_info(layout, what.info);
    on_ready();
    co_await await_signal(executor);
  }
  co_await supervised->stop();
  ::unlink(layout.info().c_str());
  if (!started) co_return fail(std::move(started).error());
  co_return 0;
}

Task<Result<int>> supervise_launched(Executor executor, Supervision what) {
  log::set_level(log::Level::info);
  auto say_ready = [] {
    [[maybe_unused]] auto written = ::write(kReportFd, kReady.data(), kReady.size());
    ::close(kReportFd);
  };
  auto ended = co_await supervise(executor, std::move(what), kReportFd, say_ready);
  if (ended) co_return ended;
  log::error("not started", {{"error", ended.error()}});
  Report report(kReportFd);
  report.step(ended.error().message);
  for (auto line : split(trim(ended.error().detail), '\n')) report.detail(std::string(line));
  co_return 1;
}

Task<Result<bool>> launch_supervisor(Executor executor, Layout layout, std::vector<std::string> arguments) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) co_return fail(errno_error("pipe", errno));
  proc::Fd read(ends[0]), write(ends[1]);
  CO_TRY_VOID(make_folder(layout.logs(), 0750));
  CO_TRY(auto supervisor, start_supervisor(layout, std::move(arguments), write.get()));
  write.reset();
  co_return co_await show_until_interrupted(executor, std::move(read), supervisor.pid);
}

}  // namespace sandbar::cli
