// SPDX-License-Identifier: Apache-2.0
#include "sandbar/guest/process.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>

#include "sandbar/base/scope_exit.h"
#include "sandbar/guest/ending_text.h"
#include "sandbar/guest/subscription.h"

namespace sandbar::guest {
namespace {

using boost::asio::posix::stream_descriptor;

constexpr std::size_t kPipeChunk = 32 * 1024, kTerminalChunk = 16 * 1024;
constexpr int kReadsPerTurn = 8;
constexpr int kReadsAfterKill = 64;
constexpr std::size_t kMaxWaitingInput = 8 << 20;

struct Pipe {
  proc::Fd read, write;
};

Result<Pipe> make_pipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return fail(errno_error("pipe2", errno));
  return Pipe{proc::Fd(ends[0]), proc::Fd(ends[1])};
}

// For our own end only: each end of a pipe is an open file of its own, and the child expects a blocking one.
void set_nonblocking(int fd) { fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK); }

}  // namespace

Process::Process(Executor executor, Options options)
    : executor_(executor),
      options_(std::move(options)),
      input_free_(executor),
      deadline_(executor),
      stall_(executor) {}

Task<Result<Process::Ptr>> Process::start(Executor executor, proc::Reaper& reaper, BlockingPool& pool,
                                          Options options, std::function<void(Process&)> on_end) {
  auto process = std::make_shared<Process>(executor, std::move(options));
  process->on_end_ = std::move(on_end);
  CO_TRY_VOID(co_await process->spawn(reaper, pool));
  co_return process;
}

Task<Result<void>> Process::spawn(proc::Reaper& reaper, BlockingPool& pool) {
  auto& child = options_.child;
  // The child's ends of our pipes, closed here once it has started.
  CO_TRY(auto theirs, is_terminal() ? connect_terminal(child) : connect_pipes(child));
  auto expectation = reaper.expect();
  auto starting = co_await pool.run([&child] { return proc::start_child(child); });
  CO_TRY(auto started, std::move(starting));
  pid_ = started.pid;
  reaper.watch(pid_, [self = shared_from_this()](proc::Ending ending) { self->on_reaped(ending); });
  options_.child = {};
  for (auto& pump : pumps_) wait_readable(pump);
  if (options_.deadline) arm_deadline();
  co_return Result<void>{};
}

Result<std::vector<proc::Fd>> Process::connect_pipes(proc::ChildOptions& child) {
  TRY(auto out, make_pipe());
  TRY(auto err, make_pipe());
  Pipe in;
  if (options_.with_stdin) {
    TRY(in, make_pipe());
    set_nonblocking(in.write.get());
    stdin_.emplace(executor_, in.write.release());
  } else {
    in.read.reset(open("/dev/null", O_RDONLY | O_CLOEXEC));
  }
  child.fds = {{in.read.get(), 0}, {out.write.get(), 1}, {err.write.get(), 2}};
  child.new_group = true;
  pumps_.reserve(2);
  add_pump(Channel::out, std::move(out.read));
  add_pump(Channel::err, std::move(err.read));
  std::vector<proc::Fd> theirs;
  theirs.push_back(std::move(in.read));
  theirs.push_back(std::move(out.write));
  theirs.push_back(std::move(err.write));
  return theirs;
}

Result<std::vector<proc::Fd>> Process::connect_terminal(proc::ChildOptions& child) {
  TRY(auto pty, proc::open_pty(*options_.terminal));
  child.fds = {{pty.slave.get(), 0}, {pty.slave.get(), 1}, {pty.slave.get(), 2}};
  child.controlling_terminal = true;
  add_pump(Channel::pty, std::move(pty.master));
  std::vector<proc::Fd> theirs;
  theirs.push_back(std::move(pty.slave));
  return theirs;
}

void Process::add_pump(Channel channel, proc::Fd fd) {
  set_nonblocking(fd.get());
  pumps_.push_back({channel, stream_descriptor(executor_, fd.release())});
}

void Process::arm_deadline() {
  deadline_.expires_at(*options_.deadline);
  deadline_.async_wait([self = shared_from_this()](boost::system::error_code error) {
    if (error || self->ended()) return;
    self->killed_by_deadline_ = true;
    if (!self->signal(SIGKILL)) self->drain_after_kill();
  });
}

void Process::wait_readable(Pump& pump) {
  pump.from.async_wait(stream_descriptor::wait_read,
                       [self = shared_from_this(), &pump](boost::system::error_code error) {
                         if (!error && pump.from.is_open()) self->read_some(pump);
                       });
}

// One read; false once the stream has ended. `got` is 0 when there is nothing to read now.
bool Process::read_once(Pump& pump, std::size_t& got) {
  static std::array<char, kPipeChunk> buffer;
  auto limit = pump.channel == Channel::pty ? kTerminalChunk : kPipeChunk;
  ssize_t n;
  do {
    n = ::read(pump.from.native_handle(), buffer.data(), limit);
  } while (n < 0 && errno == EINTR);
  got = n > 0 ? static_cast<std::size_t>(n) : 0;
  if (n > 0) publish(pump.channel, {buffer.data(), got});
  return n > 0 || (n < 0 && errno == EAGAIN);
}

void Process::read_some(Pump& pump) {
  for (int i = 0; i < kReadsPerTurn; ++i) {
    if (has_full_subscriber()) {
      pump.paused = true;
      return watch_for_stall();
    }
    std::size_t got = 0;
    if (!read_once(pump, got)) {
      pump.from.close();
      return end_if_complete();
    }
    if (got < kTerminalChunk) break;
  }
  wait_readable(pump);
}

// A killed process's children may keep its output open for ever: what is there now is its last.
void Process::drain_after_kill() {
  for (auto& pump : pumps_) {
    if (!pump.from.is_open()) continue;
    std::size_t got = 1;
    for (int i = 0; i < kReadsAfterKill && got > 0; ++i)
      if (!read_once(pump, got)) break;
    pump.from.close();
  }
  end_if_complete();
}

void Process::publish(Channel channel, std::string_view bytes) {
  if (subscriptions_.empty()) return;
  auto message = std::make_shared<process::StartResponse>();
  auto& data = *message->mutable_event()->mutable_data();
  switch (channel) {
    case Channel::out:
      data.set_stdout(bytes.data(), bytes.size());
      break;
    case Channel::err:
      data.set_stderr(bytes.data(), bytes.size());
      break;
    case Channel::pty:
      data.set_pty(bytes.data(), bytes.size());
      break;
  }
  for (auto* subscription : subscriptions_) subscription->push(message, bytes.size());
}

void Process::on_reaped(proc::Ending ending) {
  ending_ = ending;
  if (killed_) return drain_after_kill();
  end_if_complete();
}

void Process::end_if_complete() {
  bool reading = std::ranges::any_of(pumps_, [](const Pump& pump) { return pump.from.is_open(); });
  if (!ending_ || reading || ended()) return;
  ended_at_ = std::chrono::steady_clock::now();
  deadline_.cancel();
  stall_.cancel();
  stdin_.reset();
  input_free_.notify_all();
  for (auto* subscription : subscriptions_) subscription->wake();
  if (on_end_) std::exchange(on_end_, nullptr)(*this);
}

process::StartResponse Process::end_event() const {
  process::StartResponse response;
  auto& end = *response.mutable_event()->mutable_end();
  end.set_exit_code(ending_->exit_code);
  end.set_exited(ending_->signal == 0);
  end.set_status(ending_text(*ending_));
  if (ending_->exit_code != 0) end.set_error(end.status());
  return response;
}

bool Process::has_full_subscriber() const {
  return std::ranges::any_of(subscriptions_, &Subscription::is_full);
}

void Process::resume_reading() {
  if (has_full_subscriber()) return;
  for (auto& pump : pumps_)
    if (std::exchange(pump.paused, false) && pump.from.is_open()) wait_readable(pump);
}

void Process::watch_for_stall() {
  if (std::exchange(stall_armed_, true)) return;
  for (auto* subscription : subscriptions_) subscription->took_since_check_ = false;
  stall_.expires_after(Subscription::kStallLimit);
  stall_.async_wait([self = shared_from_this()](boost::system::error_code error) {
    self->stall_armed_ = false;
    if (!error && !self->ended()) self->drop_stalled();
  });
}

void Process::drop_stalled() {
  auto stalled = [](const Subscription* s) { return s->is_full() && !s->took_since_check_; };
  auto live = std::ranges::count_if(subscriptions_, std::not_fn(stalled));
  for (auto* subscription : subscriptions_)
    if (live > 0 && stalled(subscription)) subscription->drop();
  if (has_full_subscriber()) return watch_for_stall();
  resume_reading();
}

stream_descriptor& Process::input() { return is_terminal() ? pumps_.front().from : *stdin_; }

Task<Result<void>> Process::write_input(std::string bytes) {
  auto self = shared_from_this();
  auto size = bytes.size() + 1024;  // what a waiting call costs us, empty ones included
  if (waiting_input_ + size > kMaxWaitingInput)
    co_return fail(Error{Errc::rate_limited, "too much input waits for this process"});
  waiting_input_ += size;
  ScopeExit leave([self, size] { self->waiting_input_ -= size; });
  while (input_busy_) co_await input_free_.wait();
  input_busy_ = true;
  ScopeExit free([self] {
    self->input_busy_ = false;
    self->input_free_.notify_all();
  });
  co_return co_await write_all_input(bytes);
}

Task<Result<void>> Process::write_all_input(std::string_view bytes) {
  auto closed = [this] { return ended() || (!is_terminal() && !stdin_) || !input().is_open(); };
  while (!closed() && !bytes.empty()) {
    auto n = ::write(input().native_handle(), bytes.data(), bytes.size());
    if (n >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(n));
    } else if (errno == EAGAIN) {
      co_await input().async_wait(stream_descriptor::wait_write,
                                  boost::asio::as_tuple(boost::asio::use_awaitable));
      auto state = co_await boost::asio::this_coro::cancellation_state;
      if (state.cancelled() != boost::asio::cancellation_type::none)
        co_return fail(Error{Errc::canceled, "the call was canceled"});
    } else if (errno != EINTR) {
      co_return fail(
          Error{Errc::internal_error, fmt::format("error writing to the process: {}", std::strerror(errno))});
    }
  }
  if (closed()) co_return fail(Error{Errc::internal_error, "the process's input is closed"});
  co_return Result<void>{};
}

Result<void> Process::close_input() {
  if (is_terminal())
    return fail(Error{Errc::unknown, "a terminal's input cannot be closed: send Ctrl+D (0x04) instead"});
  stdin_.reset();
  input_free_.notify_all();
  return {};
}

Result<void> Process::resize(proc::TerminalSize size) {
  if (!is_terminal() || !pumps_.front().from.is_open())
    return fail(invalid_state("the process has no terminal"));
  return proc::resize_pty(pumps_.front().from.native_handle(), size);
}

Result<void> Process::signal(int number) {
  // An interrupt goes to all that the command has started, as from a keyboard.
  bool to_group = !ending_ && number == SIGINT && getpgid(pid_) == pid_;
  if (ending_ || kill(to_group ? -pid_ : pid_, number) != 0)
    return fail(not_found("process", fmt::to_string(pid_)));
  if (number == SIGKILL) killed_ = true;
  return {};
}

}  // namespace sandbar::guest
