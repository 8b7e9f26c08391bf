// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/terminals/conversation.h"

#include "sandbar/async/timer.h"

namespace sandbar::control::terminals {
namespace {

using namespace boost::asio::experimental::awaitable_operators;

constexpr std::chrono::seconds kFirstFrame{30};

Task<Result<void>> pass_output(Session& session, http::WebSocket& socket) {
  for (;;) {
    CO_TRY(auto event, co_await session.next());
    if (!event) co_return fail(Error{Errc::agent_error, "the sandbox did not say how the command ended"});
    if (auto* output = std::get_if<Output>(&*event))
      CO_TRY_VOID(co_await guests::send_bytes(socket, output->channel, output->bytes));
    if (auto* ended = std::get_if<Ended>(&*event)) {
      ExitFrame frame;
      frame.exit_code = ended->exit_code;
      frame.status = ended->status;
      co_return co_await guests::send_json(socket, std::move(frame));
    }
  }
}

Task<Result<void>> obey(Session& session, const ClientFrame& frame) {
  if (frame.type == "close_stdin") co_return co_await session.close_input();
  if (frame.type == "resize") co_return co_await session.resize({frame.cols, frame.rows});
  if (frame.type == "stop") co_return co_await session.send(Signal::terminate);
  if (frame.type == "kill") co_return co_await session.send(Signal::kill);
  if (frame.type == "signal") {
    CO_TRY(auto signal, signal_of(frame.signal.value));
    co_return co_await session.send(signal);
  }
  co_return fail(
      invalid_request(fmt::format("'{}' is not a type of frame that is understood here", frame.type)));
}

// Input and signals for a process that has just ended are no error: its exit is on the way.
Result<void> unless_gone(Result<void> done) {
  if (!done && (done.error().code == Errc::not_found || done.error().code == Errc::agent_error)) return {};
  return done;
}

Task<Result<void>> pass_input(Session& session, http::WebSocket& socket) {
  for (;;) {
    auto message = co_await socket.read();
    if (!message) co_return Result<void>{};
    if (message->text) {
      CO_TRY(auto frame, json::decode_text<ClientFrame>(message->data));
      CO_TRY_VOID(unless_gone(co_await obey(session, frame)));
    } else if (!message->data.empty() && message->data.front() == static_cast<char>(Channel::input)) {
      CO_TRY_VOID(unless_gone(co_await session.write_input(message->data.substr(1))));
    } else {
      co_return fail(invalid_request("binary frames begin with channel 0"));
    }
  }
}

}  // namespace

Result<Signal> signal_of(std::string_view name) {
  if (name == "SIGINT") return Signal::interrupt;
  if (name == "SIGTERM") return Signal::terminate;
  if (name == "SIGKILL") return Signal::kill;
  return fail(invalid_request("signal must be SIGINT, SIGTERM or SIGKILL",
                              {{"signal", "must be SIGINT, SIGTERM or SIGKILL"}}));
}

Task<Result<ClientFrame>> read_first_frame(http::WebSocket& socket) {
  CO_TRY(auto message, co_await with_timeout(kFirstFrame, "the first frame", socket.read()));
  if (!message.text) co_return fail(invalid_request("the first frame must be text"));
  co_return json::decode_text<ClientFrame>(message.data);
}

Task<Result<void>> converse(Session& session, http::WebSocket& socket, std::optional<std::string> tag) {
  StartedFrame started;
  started.pid = session.pid();
  started.tag = std::move(tag);
  CO_TRY_VOID(co_await guests::send_json(socket, std::move(started)));
  auto first = co_await (pass_output(session, socket) || pass_input(session, socket));
  if (first.index() == 0) co_return std::get<0>(std::move(first));
  co_return std::get<1>(std::move(first));
}

}  // namespace sandbar::control::terminals
