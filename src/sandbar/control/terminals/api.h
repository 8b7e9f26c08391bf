// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/json/decode.h"

namespace sandbar::control::terminals {

struct ExecRequest {
  std::string cmd;
  std::vector<std::string> args;
  std::map<std::string, std::string> envs;
  std::optional<std::string> cwd, user, tag;
  std::optional<std::string> stdin_;  // all of it; without, the command reads nothing
  std::int64_t timeout_sec = 30;
  bool background = false;  // answers once it has started
};
BOOST_DESCRIBE_STRUCT(ExecRequest, (), (cmd, args, envs, cwd, user, tag, stdin_, timeout_sec, background))

struct ExecView {
  SandboxId sandbox_id;
  std::string cmd, stdout_, stderr_;
  int exit_code = 0;
  std::int64_t duration_ms = 0;
  std::string encoding;  // of both outputs: "utf-8", or "base64" if either is not UTF-8
};
BOOST_DESCRIBE_STRUCT(ExecView, (), (sandbox_id, cmd, stdout_, stderr_, exit_code, duration_ms, encoding))

struct BackgroundView {
  std::uint32_t pid = 0;
  std::optional<std::string> tag;
};
BOOST_DESCRIBE_STRUCT(BackgroundView, (), (pid, tag))

struct ProcessView {
  std::uint32_t pid = 0;
  std::optional<std::string> tag;
  std::string cmd;
  std::vector<std::string> args;
  std::optional<std::string> cwd;
};
BOOST_DESCRIBE_STRUCT(ProcessView, (), (pid, tag, cmd, args, cwd))

struct SignalQuery {
  json::Defaulted<std::string> signal{"SIGTERM"};
};
BOOST_DESCRIBE_STRUCT(SignalQuery, (), (signal))

// What a client sends over a WebSocket, as text. Its "type" says which of the other members count.
struct ClientFrame {
  std::string type;
  json::Defaulted<std::string> cmd, signal;
  std::vector<std::string> args;
  std::map<std::string, std::string> envs;
  std::optional<std::string> cwd, user, tag;
  bool stdin_ = false;
  std::int64_t timeout_sec = 0;  // 0: no limit
  std::optional<std::uint32_t> pid;
  std::uint32_t cols = 80, rows = 24;
};
BOOST_DESCRIBE_STRUCT(ClientFrame, (),
                      (type, cmd, signal, args, envs, cwd, user, tag, stdin_, timeout_sec, pid, cols, rows))

struct StartedFrame {
  std::string type = "started";
  std::uint32_t pid = 0;
  std::optional<std::string> tag;
};
BOOST_DESCRIBE_STRUCT(StartedFrame, (), (type, pid, tag))

struct ExitFrame {
  std::string type = "exit";
  int exit_code = 0;
  std::string status;
};
BOOST_DESCRIBE_STRUCT(ExitFrame, (), (type, exit_code, status))

}  // namespace sandbar::control::terminals
