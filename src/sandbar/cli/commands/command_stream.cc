// SPDX-License-Identifier: Apache-2.0
#include "sandbar/cli/commands/command_stream.h"

#include <fmt/format.h>
#include <unistd.h>

#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdlib>

#include "sandbar/async/spawn.h"
#include "sandbar/async/timer.h"
#include "sandbar/cli/commands/new_sandbox.h"
#include "sandbar/cli/output.h"
#include "sandbar/cli/remote_process.h"
#include "sandbar/cli/sandbox_ref.h"
#include "sandbar/cli/standard_streams.h"
#include "sandbar/cli/terminal.h"

namespace sandbar::cli {
namespace {

namespace bj = boost::json;
using namespace std::chrono_literals;

constexpr int kInterrupted = 130, kBrokenPipe = 141;
constexpr auto kReconnectFor = 60s, kKilledWithin = 5s;

// A command whose streams are connected to ours.
struct Attached {
  Executor executor;
  std::unique_ptr<RemoteProcess> process;
  StandardStreams streams;
  bool is_terminal = false;
};

Result<bj::object> start_frame(const RemoteCommand& command) {
  bj::object frame{{"type", "start"}, {"cmd", command.argv.front()}};
  bj::array args;
  for (std::size_t i = 1; i < command.argv.size(); ++i) args.emplace_back(command.argv[i]);
  frame["args"] = std::move(args);
  if (!command.user.empty()) frame["user"] = command.user;
  if (!command.cwd.empty()) frame["cwd"] = command.cwd;
  if (!command.env.empty()) {
    TRY(frame["envs"], pairs_of(command.env, "--env"));
  }
  if (!command.timeout.empty()) {
    TRY(frame["timeout_sec"], seconds_of(command.timeout, "--timeout"));
  }
  return frame;
}

Task<void> pass_input(Attached& attached) {
  for (;;) {
    auto piece = co_await attached.streams.read();
    if (!piece || piece->empty()) break;
    if (!co_await attached.process->send(Channel::input, *std::move(piece))) co_return;
  }
  if (!attached.is_terminal) co_await attached.process->send(bj::object{{"type", "close_stdin"}});
}

Task<bool> send_signal(Attached& attached, const char* signal) {
  auto sent = co_await attached.process->send(bj::object{{"type", "signal"}, {"signal", signal}});
  co_return sent.has_value();
}

// Ctrl-C asks, the second kills, the third leaves.
Task<void> pass_interrupts(Attached& attached) {
  boost::asio::signal_set interrupts(attached.executor, SIGINT, SIGTERM);
  auto first = co_await interrupts.async_wait(boost::asio::use_awaitable);
  if (co_await send_signal(attached, first == SIGINT ? "SIGINT" : "SIGTERM")) {
    co_await interrupts.async_wait(boost::asio::use_awaitable);
    (void)co_await send_signal(attached, "SIGKILL");
  }
  co_await interrupts.async_wait(boost::asio::use_awaitable);
  std::_Exit(kInterrupted);
}

Task<void> pass_window_size(Attached& attached) {
  boost::asio::signal_set changes(attached.executor, SIGWINCH);
  for (;;) {
    co_await changes.async_wait(boost::asio::use_awaitable);
    auto size = screen_size();
    if (!co_await attached.process->send(
            bj::object{{"type", "resize"}, {"cols", size.cols}, {"rows", size.rows}}))
      co_return;
  }
}

// Until the command ends, or an error. `pid` is set as soon as it is known.
Task<Result<int>> pass_output(Attached& attached, std::int64_t& pid) {
  for (;;) {
    CO_TRY(auto event, co_await attached.process->next());
    if (auto* started = std::get_if<Started>(&event)) pid = started->pid;
    if (auto* exited = std::get_if<Exited>(&event)) co_return exited->code;
    auto* output = std::get_if<Output>(&event);
    if (!output) continue;
    auto fd = output->channel == Channel::errors ? STDERR_FILENO : STDOUT_FILENO;
    CO_TRY_VOID(co_await attached.streams.write(fd, std::move(output->bytes)));
  }
}

// Nobody reads the output any more: the command is killed, and what it has printed until then is dropped.
Task<Result<int>> drop_output(Attached& attached) {
  CO_TRY_VOID(co_await attached.process->send(bj::object{{"type", "signal"}, {"signal", "SIGKILL"}}));
  for (;;) {
    CO_TRY(auto event, co_await attached.process->next());
    if (std::holds_alternative<Exited>(event)) co_return kBrokenPipe;
  }
}

Task<Result<int>> run_attached(Attached& attached, Supervisor& helpers, std::int64_t& pid) {
  auto code = co_await pass_output(attached, pid);
  if (!code && code.error().code == Errc::canceled) {
    co_await with_timeout(kKilledWithin, "killing the command", drop_output(attached));
    code = kBrokenPipe;
  }
  attached.streams.stop();
  attached.process->abort();
  co_await helpers.shut_down();
  co_return code;
}

Task<Result<int>> attach_terminal(Executor executor, std::unique_ptr<RemoteProcess> process,
                                  std::int64_t& pid) {
  Attached attached{executor, std::move(process), {}, true};
  RawTerminal raw;
  Supervisor helpers(executor);
  helpers.spawn("keys", pass_input(attached));
  helpers.spawn("window size", pass_window_size(attached));
  co_return co_await run_attached(attached, helpers, pid);
}

// The terminal goes on in the sandbox while nobody is connected.
Task<Result<std::unique_ptr<RemoteProcess>>> reconnect(Api& api, std::string path, std::int64_t pid) {
  note("\nconnection lost; trying again (Ctrl-C leaves)");
  auto end = std::chrono::steady_clock::now() + kReconnectFor;
  for (auto pause = 200ms;; pause = std::min(pause * 2, 5000ms)) {
    auto size = screen_size();
    bj::object frame{{"type", "connect"}, {"pid", pid}, {"cols", size.cols}, {"rows", size.rows}};
    auto process = co_await RemoteProcess::open(api, path, std::move(frame));
    if (process || std::chrono::steady_clock::now() > end) co_return process;
    co_await sleep_for(pause);
  }
}

}  // namespace

Task<Result<int>> stream_command(Context& context, std::string sandbox, RemoteCommand command) {
  CO_TRY(auto frame, start_frame(command));
  frame["stdin"] = !command.no_stdin;
  CO_TRY(auto* api, context.api());
  CO_TRY(auto process,
         co_await RemoteProcess::open(*api, sandbox_path(sandbox, "/exec/stream"), std::move(frame)));
  Attached attached{context.executor(), std::move(process), {}};
  Supervisor helpers(context.executor());
  if (!command.no_stdin) helpers.spawn("standard input", pass_input(attached));
  helpers.spawn("interrupts", pass_interrupts(attached));
  std::int64_t pid = 0;
  co_return co_await run_attached(attached, helpers, pid);
}

Task<Result<int>> stream_terminal(Context& context, std::string sandbox, RemoteCommand command) {
  CO_TRY(auto frame, start_frame(command));
  auto size = screen_size();
  frame["cols"] = size.cols;
  frame["rows"] = size.rows;
  CO_TRY(auto* api, context.api());
  auto path = sandbox_path(sandbox, "/pty");
  CO_TRY(auto process, co_await RemoteProcess::open(*api, path, std::move(frame)));
  for (std::int64_t pid = 0;;) {
    auto code = co_await attach_terminal(context.executor(), std::move(process), pid);
    if (code || code.error().code != Errc::unavailable || pid == 0) co_return code;
    CO_TRY(process, co_await reconnect(*api, path, pid));
  }
}

}  // namespace sandbar::cli
