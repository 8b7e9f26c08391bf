// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/terminals/session.h"

namespace sandbar::control::terminals {
namespace {

process::StartRequest request_of(Command& command, std::optional<TerminalSize> terminal) {
  process::StartRequest request;
  auto& config = *request.mutable_process();
  config.set_cmd(command.cmd);
  for (auto& arg : command.args) config.add_args(std::move(arg));
  for (auto& [name, value] : command.envs) (*config.mutable_envs())[name] = value;
  if (command.cwd) config.set_cwd(*command.cwd);
  if (command.tag) request.set_tag(*command.tag);
  request.set_stdin(command.takes_input);
  if (terminal) {
    request.mutable_pty()->mutable_size()->set_cols(terminal->cols);
    request.mutable_pty()->mutable_size()->set_rows(terminal->rows);
  }
  return request;
}

std::optional<std::chrono::milliseconds> limit_of(const Command& command) {
  if (command.timeout.count() == 0) return std::nullopt;
  return command.timeout;
}

Output output_of(const process::ProcessEvent::DataEvent& data) {
  switch (data.output_case()) {
    case process::ProcessEvent::DataEvent::kStderr:
      return {Channel::standard_error, data.stderr()};
    case process::ProcessEvent::DataEvent::kPty:
      return {Channel::terminal, data.pty()};
    default:
      return {Channel::standard_output, data.stdout()};
  }
}

process::Signal to_message(Signal signal) {
  switch (signal) {
    case Signal::interrupt:
      return process::SIGNAL_SIGINT;
    case Signal::terminate:
      return process::SIGNAL_SIGTERM;
    case Signal::kill:
      return process::SIGNAL_SIGKILL;
  }
  return process::SIGNAL_UNSPECIFIED;
}

template <class T>
Result<void> forget(Result<T> answer) {
  if (!answer) return fail(std::move(answer).error());
  return {};
}

}  // namespace

process::ProcessSelector to_message(const Selector& selector) {
  process::ProcessSelector message;
  if (const auto* pid = std::get_if<std::uint32_t>(&selector)) {
    message.set_pid(*pid);
  } else {
    message.set_tag(std::get<std::string>(selector));
  }
  return message;
}

Session::Session(std::unique_ptr<guests::Guest> guest, Messages messages, bool is_terminal)
    : guest_(std::move(guest)),
      messages_(std::make_unique<Messages>(std::move(messages))),
      is_terminal_(is_terminal) {}

Task<Result<Session>> Session::start(guests::Guest guest, Command command,
                                     std::optional<TerminalSize> terminal) {
  auto owned = std::make_unique<guests::Guest>(std::move(guest));
  CO_TRY(auto stream, co_await owned->stream<process::StartResponse>(
                          "/process.Process/Start", request_of(command, terminal), limit_of(command)));
  Session session(std::move(owned), Messages(std::move(stream)), terminal.has_value());
  CO_TRY_VOID(co_await session.wait_for_start());
  co_return session;
}

Task<Result<Session>> Session::attach(guests::Guest guest, Selector process) {
  auto owned = std::make_unique<guests::Guest>(std::move(guest));
  process::ConnectRequest request;
  *request.mutable_process() = to_message(process);
  CO_TRY(auto stream,
         co_await owned->stream<process::ConnectResponse>("/process.Process/Connect", std::move(request)));
  Session session(std::move(owned), Messages(std::move(stream)), false);
  CO_TRY_VOID(co_await session.wait_for_start());
  co_return session;
}

Task<Result<void>> Session::wait_for_start() {
  CO_TRY(auto event, co_await next_message());
  if (!event || !event->has_start())
    co_return fail(Error{Errc::agent_error, "the sandbox did not start the command"});
  pid_ = event->start().pid();
  co_return Result<void>{};
}

Task<Result<std::optional<process::ProcessEvent>>> Session::next_message() {
  if (auto* started = std::get_if<0>(messages_.get())) {
    CO_TRY(auto message, co_await started->next());
    if (!message) co_return std::nullopt;
    co_return std::move(*message->mutable_event());
  }
  CO_TRY(auto message, co_await std::get<1>(*messages_).next());
  if (!message) co_return std::nullopt;
  co_return std::move(*message->mutable_event());
}

Task<Result<std::optional<Event>>> Session::next() {
  for (;;) {
    CO_TRY(auto event, co_await next_message());
    if (!event) co_return std::nullopt;
    if (event->has_data()) {
      auto output = output_of(event->data());
      is_terminal_ = is_terminal_ || output.channel == Channel::terminal;
      co_return Event(std::move(output));
    }
    if (event->has_end()) co_return Event(Ended{event->end().exit_code(), event->end().status()});
  }
}

process::ProcessSelector Session::selector() const { return to_message(Selector(pid_)); }

Task<Result<void>> Session::write_input(std::string bytes) {
  process::SendInputRequest request;
  *request.mutable_process() = selector();
  if (is_terminal_) {
    request.mutable_input()->set_pty(std::move(bytes));
  } else {
    request.mutable_input()->set_stdin(std::move(bytes));
  }
  co_return forget(
      co_await guest_->call<process::SendInputResponse>("/process.Process/SendInput", std::move(request)));
}

Task<Result<void>> Session::close_input() {
  process::CloseStdinRequest request;
  *request.mutable_process() = selector();
  co_return forget(
      co_await guest_->call<process::CloseStdinResponse>("/process.Process/CloseStdin", std::move(request)));
}

// Guests of sandboxes that are older than this release know no interrupt.
Task<Result<void>> deliver(guests::Guest& guest, Selector process, Signal signal) {
  process::SendSignalRequest request;
  *request.mutable_process() = to_message(process);
  request.set_signal(to_message(signal));
  auto sent = forget(
      co_await guest.call<process::SendSignalResponse>("/process.Process/SendSignal", std::move(request)));
  if (!sent && sent.error().code == Errc::invalid_request && signal == Signal::interrupt)
    co_return co_await deliver(guest, std::move(process), Signal::terminate);
  co_return sent;
}

Task<Result<void>> Session::send(Signal signal) { return deliver(*guest_, Selector(pid_), signal); }

Task<Result<void>> Session::resize(TerminalSize size) {
  process::UpdateRequest request;
  *request.mutable_process() = selector();
  request.mutable_pty()->mutable_size()->set_cols(size.cols);
  request.mutable_pty()->mutable_size()->set_rows(size.rows);
  co_return forget(
      co_await guest_->call<process::UpdateResponse>("/process.Process/Update", std::move(request)));
}

}  // namespace sandbar::control::terminals
