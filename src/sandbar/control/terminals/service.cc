// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/terminals/service.h"

#include <boost/asio/experimental/awaitable_operators.hpp>

#include "sandbar/model/limits.h"

namespace sandbar::control::terminals {
namespace {

using namespace boost::asio::experimental::awaitable_operators;

constexpr std::size_t kMaxArguments = 4096, kMaxCommandBytes = 256 * 1024, kMaxTag = 128;
constexpr std::size_t kInputPiece = 256 * 1024;
constexpr std::chrono::hours kMaxTimeout{24};

bool has_zero_byte(std::string_view text) { return text.find('\0') != text.npos; }

std::string_view problem_of(const Command& command) {
  std::size_t bytes = command.cmd.size();
  bool zero = has_zero_byte(command.cmd) || has_zero_byte(command.cwd.value_or(""));
  for (const auto& arg : command.args) {
    bytes += arg.size();
    zero = zero || has_zero_byte(arg);
  }
  for (const auto& [name, value] : command.envs) {
    bytes += name.size() + value.size();
    zero = zero || has_zero_byte(name) || has_zero_byte(value) || name.empty() || name.contains('=');
  }
  if (command.cmd.empty()) return "cmd must not be empty";
  if (zero)
    return "a zero byte, or an environment variable without a proper name, cannot be passed to a command";
  if (command.args.size() > kMaxArguments || bytes > kMaxCommandBytes) return "the command is too long";
  if (command.tag && (command.tag->empty() || command.tag->size() > kMaxTag))
    return "tag must have 1 to 128 bytes";
  if (command.timeout.count() < 0 || command.timeout > kMaxTimeout) return "timeout_sec must be 0 to 86400";
  return {};
}

Task<Result<Collected>> collect(Session& session) {
  Collected all;
  for (;;) {
    CO_TRY(auto event, co_await session.next());
    if (!event) co_return fail(Error{Errc::agent_error, "the sandbox did not say how the command ended"});
    if (auto* ended = std::get_if<Ended>(&*event)) {
      all.exit_code = ended->exit_code;
      co_return all;
    }
    auto* output = std::get_if<Output>(&*event);
    if (!output) continue;
    auto& into = output->channel == Channel::standard_error ? all.standard_error : all.standard_output;
    if (into.size() + output->bytes.size() > TerminalService::kMaxCollected)
      co_return fail(
          Error{Errc::too_large, "the command printed more than 8 MiB; stream it, or redirect it to a file"});
    into += output->bytes;
  }
}

// A command that does not read what it is given is no error: it may have ended.
Task<void> feed(Session& session, std::optional<std::string> input) {
  if (!input) co_return;
  for (std::size_t at = 0; at < input->size(); at += kInputPiece)
    if (auto sent = co_await session.write_input(input->substr(at, kInputPiece)); !sent) co_return;
  (void)co_await session.close_input();
}

Process process_of(const process::ProcessInfo& info) {
  Process process{.pid = info.pid(),
                  .cmd = info.config().cmd(),
                  .args = {info.config().args().begin(), info.config().args().end()}};
  if (info.has_tag()) process.tag = info.tag();
  if (info.config().has_cwd()) process.cwd = info.config().cwd();
  return process;
}

}  // namespace

Result<void> check_command(const Command& command) {
  auto problem = problem_of(command);
  if (problem.empty()) return {};
  return fail(invalid_request(std::string(problem)));
}

Task<Result<Collected>> TerminalService::run(access::Actor actor, SandboxId id, Command command,
                                             std::optional<std::string> input) {
  auto begin = std::chrono::steady_clock::now();
  auto seconds = command.timeout.count();
  command.takes_input = input.has_value();
  CO_TRY(auto session, co_await open(std::move(actor), id, std::move(command), std::nullopt));
  auto all = co_await (collect(session) && feed(session, std::move(input)));
  if (!all) {
    if (all.error().code == Errc::too_large) (void)co_await session.send(Signal::kill);
    if (all.error().code == Errc::deadline_exceeded)
      all.error().message = fmt::format("the command took longer than {} s", seconds);
    co_return all;
  }
  all->duration =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin);
  co_return all;
}

Task<Result<std::uint32_t>> TerminalService::start_in_background(access::Actor actor, SandboxId id,
                                                                 Command command) {
  command.timeout = {};
  CO_TRY(auto session, co_await open(std::move(actor), id, std::move(command), std::nullopt));
  co_return session.pid();
}

Task<Result<Session>> TerminalService::open(access::Actor actor, SandboxId id, Command command,
                                            std::optional<TerminalSize> terminal) {
  CO_TRY_VOID(check_command(command));
  CO_TRY(auto guest, co_await guests_.enter(std::move(actor), id, command.user));
  co_return co_await Session::start(std::move(guest), std::move(command), terminal);
}

Task<Result<Session>> TerminalService::attach(access::Actor actor, SandboxId id, Selector process) {
  CO_TRY(auto guest, co_await guests_.enter(std::move(actor), id, std::nullopt));
  co_return co_await Session::attach(std::move(guest), std::move(process));
}

Task<Result<std::vector<Process>>> TerminalService::list(access::Actor actor, SandboxId id) {
  CO_TRY(auto guest, co_await guests_.enter(std::move(actor), id, std::nullopt));
  CO_TRY(auto answer,
         co_await guest.call<process::ListResponse>("/process.Process/List", process::ListRequest{}));
  std::vector<Process> processes;
  for (const auto& info : answer.processes()) processes.push_back(process_of(info));
  co_return processes;
}

Task<Result<void>> TerminalService::send_signal(access::Actor actor, SandboxId id, Selector process,
                                                Signal signal) {
  CO_TRY(auto guest, co_await guests_.enter(std::move(actor), id, std::nullopt));
  co_return co_await deliver(guest, std::move(process), signal);
}

}  // namespace sandbar::control::terminals
