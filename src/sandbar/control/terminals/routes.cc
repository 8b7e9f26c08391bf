// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/terminals/routes.h"

#include "sandbar/base/strings.h"
#include "sandbar/control/access/call.h"
#include "sandbar/control/terminals/conversation.h"

namespace sandbar::control::terminals {
namespace {

using access::Call;
using enum http::Access;

ExecView view_of(SandboxId id, std::string cmd, Collected all) {
  bool text = is_utf8(all.standard_output) && is_utf8(all.standard_error);
  ExecView view{.sandbox_id = id,
                .cmd = std::move(cmd),
                .exit_code = all.exit_code,
                .duration_ms = all.duration.count()};
  view.stdout_ = text ? std::move(all.standard_output) : to_base64(all.standard_output);
  view.stderr_ = text ? std::move(all.standard_error) : to_base64(all.standard_error);
  view.encoding = text ? "utf-8" : "base64";
  return view;
}

Command command_of(const ExecRequest& request) {
  return {.cmd = request.cmd,
          .args = request.args,
          .envs = request.envs,
          .cwd = request.cwd,
          .user = request.user,
          .tag = request.tag,
          .timeout = std::chrono::seconds(request.timeout_sec)};
}

Command command_of(const ClientFrame& frame) {
  return {.cmd = frame.cmd.value,
          .args = frame.args,
          .envs = frame.envs,
          .cwd = frame.cwd,
          .user = frame.user,
          .tag = frame.tag,
          .takes_input = frame.stdin_,
          .timeout = std::chrono::seconds(frame.timeout_sec)};
}

// A pid, or else a tag.
Selector selector_of(const std::string& text) {
  auto number = parse_int(text);
  if (number && *number > 0 && *number <= UINT32_MAX) return static_cast<std::uint32_t>(*number);
  return text;
}

using ExecAnswer = std::variant<ExecView, http::Accepted<BackgroundView>>;

Task<Result<ExecAnswer>> exec(TerminalService& service, Call& call, SandboxId id, ExecRequest request) {
  auto command = command_of(request);
  if (request.background) {
    CO_TRY(auto pid, co_await service.start_in_background(call.actor(), id, std::move(command)));
    co_return http::Accepted<BackgroundView>{{pid, std::move(request.tag)}};
  }
  if (request.timeout_sec < 1)
    co_return fail(invalid_request("timeout_sec must be 1 to 86400", {{"timeout_sec", "is out of range"}}));
  CO_TRY(auto all, co_await service.run(call.actor(), id, std::move(command), std::move(request.stdin_)));
  co_return view_of(id, std::move(request.cmd), std::move(all));
}

Task<Result<http::Conversed>> exec_stream(TerminalService& service, Call& call, SandboxId id) {
  CO_TRY(auto* socket, co_await call.open_socket());
  CO_TRY(auto frame, co_await read_first_frame(*socket));
  if (frame.type != "start") co_return fail(invalid_request("the first frame must be of type start"));
  CO_TRY(auto session, co_await service.open(call.actor(), id, command_of(frame), std::nullopt));
  CO_TRY_VOID(co_await converse(session, *socket, std::move(frame.tag)));
  co_return http::Conversed{};
}

Command shell_of(const ClientFrame& frame) {
  auto command = command_of(frame);
  command.takes_input = true;
  if (command.cmd.empty()) {
    command.cmd = "/bin/bash";
    command.args = {"-i", "-l"};
  }
  command.envs.try_emplace("TERM", "xterm-256color");
  command.envs.try_emplace("LANG", "C.UTF-8");
  command.envs.try_emplace("LC_ALL", "C.UTF-8");
  return command;
}

Task<Result<Session>> open_terminal(TerminalService& service, Call& call, SandboxId id,
                                    const ClientFrame& frame) {
  if (frame.type == "start")
    co_return co_await service.open(call.actor(), id, shell_of(frame), TerminalSize{frame.cols, frame.rows});
  if (frame.type != "connect" || (!frame.pid && !frame.tag))
    co_return fail(
        invalid_request("the first frame must be of type start, or of type connect with a pid or a tag"));
  auto process = frame.pid ? Selector(*frame.pid) : Selector(*frame.tag);
  CO_TRY(auto session, co_await service.attach(call.actor(), id, std::move(process)));
  session.treat_as_terminal();
  co_return session;
}

Task<Result<http::Conversed>> pty(TerminalService& service, Call& call, SandboxId id) {
  CO_TRY(auto* socket, co_await call.open_socket());
  CO_TRY(auto frame, co_await read_first_frame(*socket));
  CO_TRY(auto session, co_await open_terminal(service, call, id, frame));
  CO_TRY_VOID(co_await converse(session, *socket, std::move(frame.tag)));
  co_return http::Conversed{};
}

Task<Result<http::Page<ProcessView>>> list(TerminalService& service, Call& call, SandboxId id) {
  CO_TRY(auto processes, co_await service.list(call.actor(), id));
  http::Page<ProcessView> page;
  for (auto& p : processes)
    page.items.push_back({p.pid, std::move(p.tag), std::move(p.cmd), std::move(p.args), std::move(p.cwd)});
  co_return page;
}

Task<Result<http::NoContent>> kill(TerminalService& service, Call& call, SandboxId id, std::string process,
                                   http::Query<SignalQuery> query) {
  CO_TRY(auto signal, signal_of(query->signal.value));
  CO_TRY_VOID(co_await service.send_signal(call.actor(), id, selector_of(process), signal));
  co_return http::NoContent{};
}

Task<Result<http::Conversed>> attach(TerminalService& service, Call& call, SandboxId id,
                                     std::string process) {
  CO_TRY(auto session, co_await service.attach(call.actor(), id, selector_of(process)));
  CO_TRY(auto* socket, co_await call.open_socket());
  CO_TRY_VOID(co_await converse(session, *socket, std::nullopt));
  co_return http::Conversed{};
}

constexpr http::ServiceRoute<TerminalService> kRoutes[] = {
    http::route<&exec>("POST", "/v1/sandboxes/{id}/exec", team_member,
                       "Run a command and collect what it prints"),
    http::route<&exec_stream>("GET", "/v1/sandboxes/{id}/exec/stream", team_member,
                              "Run a command over a WebSocket"),
    http::route<&pty>("GET", "/v1/sandboxes/{id}/pty", team_member,
                      "Open a terminal, or return to one, over a WebSocket"),
    http::route<&list>("GET", "/v1/sandboxes/{id}/processes", team_member,
                       "List the processes that were started from outside"),
    http::route<&kill>("DELETE", "/v1/sandboxes/{id}/processes/{process}", team_member,
                       "Send a signal to a process"),
    http::route<&attach>("GET", "/v1/sandboxes/{id}/processes/{process}/stream", team_member,
                         "Attach to a process over a WebSocket"),
};

}  // namespace

http::Routes<TerminalService> routes() { return kRoutes; }

}  // namespace sandbar::control::terminals
