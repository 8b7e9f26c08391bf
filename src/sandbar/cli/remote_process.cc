// SPDX-License-Identifier: Apache-2.0
#include "sandbar/cli/remote_process.h"

#include <fmt/format.h>

#include <utility>

#include "sandbar/base/strings.h"

namespace sandbar::cli {
namespace {

namespace bj = boost::json;

struct Frame {
  std::string type;
  std::int64_t pid = 0;
  std::int64_t exit_code = 0;
  std::optional<std::string> status, code, message;
};
BOOST_DESCRIBE_STRUCT(Frame, (), (type, pid, exit_code, status, code, message))

constexpr std::pair<std::string_view, int> kSignals[] = {
    {"hangup", 1}, {"interrupt", 2},     {"quit", 3},         {"aborted", 6},
    {"killed", 9}, {"segmentation", 11}, {"broken pipe", 13}, {"terminated", 15},
};

// Nothing for frames that newer servers may add.
Result<std::optional<ProcessEvent>> event_of_text(const std::string& text) {
  TRY(auto frame, json::decode_text<Frame>(text));
  if (frame.type == "started") return Started{frame.pid};
  if (frame.type == "exit") return Exited{shell_code(frame.exit_code, frame.status.value_or(""))};
  if (frame.type == "error")
    return fail(
        Error{errc_of_name(frame.code.value_or("")), frame.message.value_or("the server reports an error")});
  return std::nullopt;
}

Result<std::optional<ProcessEvent>> event_of(http::WebSocketMessage message) {
  if (message.text) return event_of_text(message.data);
  if (message.data.empty()) return std::nullopt;
  auto channel = static_cast<Channel>(message.data.front());
  message.data.erase(0, 1);
  return Output{channel, std::move(message.data)};
}

Error broken(Error error) {
  return {Errc::unavailable, "the connection to the server broke", std::move(error.detail)};
}

}  // namespace

int shell_code(std::int64_t exit_code, std::string_view status) {
  if (exit_code >= 0) return static_cast<int>(exit_code & 0xff);
  for (auto [name, signal] : kSignals)
    if (status.find(name) != std::string_view::npos) return 128 + signal;
  if (auto at = status.find("signal "); at != std::string_view::npos)
    if (auto number = parse_int(status.substr(at + 7)); number && *number > 0 && *number < 128)
      return 128 + static_cast<int>(*number);
  return 255;
}

Task<Result<std::unique_ptr<RemoteProcess>>> RemoteProcess::open(Api& api, std::string path,
                                                                 bj::object first) {
  CO_TRY(auto head, api.head("GET", std::move(path)));
  CO_TRY(auto socket, co_await http::connect_websocket(api.endpoint(), std::move(head)));
  auto executor = co_await boost::asio::this_coro::executor;
  std::unique_ptr<RemoteProcess> process(new RemoteProcess(executor, std::move(socket)));
  CO_TRY_VOID(co_await process->send(std::move(first)));
  co_return process;
}

Task<Result<ProcessEvent>> RemoteProcess::next() {
  for (;;) {
    auto message = co_await socket_->read();
    if (!message) co_return fail(broken(std::move(message).error()));
    CO_TRY(auto event, event_of(*std::move(message)));
    if (event) co_return *std::move(event);
  }
}

Task<Result<void>> RemoteProcess::send(Channel channel, std::string bytes) {
  bytes.insert(bytes.begin(), static_cast<char>(channel));
  co_return co_await write({false, std::move(bytes)});
}

Task<Result<void>> RemoteProcess::send(bj::object frame) {
  co_return co_await write({true, bj::serialize(frame)});
}

Task<Result<void>> RemoteProcess::write(http::WebSocketMessage message) {
  while (writing_) co_await free_.wait();
  writing_ = true;
  auto written = co_await socket_->write(std::move(message));
  writing_ = false;
  free_.notify_all();
  co_return written;
}

}  // namespace sandbar::cli
