// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json.hpp>
#include <memory>
#include <string>
#include <variant>

#include "sandbar/async/event.h"
#include "sandbar/cli/api.h"
#include "sandbar/http/websocket.h"

// A command that runs in a sandbox, over the WebSocket of /exec/stream or /pty: text frames are JSON, binary
// frames are one byte of channel and the bytes.

namespace sandbar::cli {

enum class Channel : char { input = 0, output = 1, errors = 2, terminal = 3 };  // input is keys as well

struct Started {
  std::int64_t pid = 0;
};
struct Output {
  Channel channel;
  std::string bytes;
};
struct Exited {
  int code = 0;  // 128 + signal when a signal ended it, as shells say it
};
using ProcessEvent = std::variant<Started, Output, Exited>;

class RemoteProcess {
 public:
  // Opens `path` and sends `first` ({"type":"start",…} or {"type":"connect",…}).
  static Task<Result<std::unique_ptr<RemoteProcess>>> open(Api& api, std::string path,
                                                           boost::json::object first);

  // In the order of the server. An error frame is an Error with its code; a broken connection
  // Errc::unavailable.
  Task<Result<ProcessEvent>> next();
  Task<Result<void>> send(Channel channel, std::string bytes);
  Task<Result<void>> send(boost::json::object frame);
  void abort() { socket_->abort(); }

 private:
  RemoteProcess(Executor executor, http::WebSocketPtr socket) : socket_(std::move(socket)), free_(executor) {}
  Task<Result<void>> write(http::WebSocketMessage message);

  http::WebSocketPtr socket_;
  bool writing_ = false;  // a WebSocket has one writer at a time
  Event free_;
};

// The exit code that a shell would show for the end that the server reports.
int shell_code(std::int64_t exit_code, std::string_view status);

}  // namespace sandbar::cli
