// SPDX-License-Identifier: Apache-2.0
#include "sandbar/guest/process_service.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "sandbar/base/strings.h"
#include "sandbar/guest/subscription.h"

namespace sandbar::guest {
namespace {

constexpr int kOomScore = 100;  // commands go before the system's own processes
constexpr std::uint32_t kMaxTerminalSide = 4096;
constexpr std::size_t kMaxTag = 1024;

std::chrono::milliseconds silence_of(const http::RequestHead& request) {
  auto seconds = parse_int(request.headers.get("keepalive-ping-interval")).value_or(90);
  return std::chrono::seconds(std::clamp<std::int64_t>(seconds, 1, 3600));
}

bool has_nul(std::string_view text) { return text.find('\0') != text.npos; }

Result<void> check(const process::ProcessConfig& config) {
  if (config.cmd().empty()) return fail(invalid_request("cmd is required"));
  if (has_nul(config.cmd()) || std::ranges::any_of(config.args(), has_nul))
    return fail(invalid_request("cmd and args must not contain NUL bytes"));
  for (const auto& [name, value] : config.envs())
    if (name.empty() || name.find('=') != name.npos || has_nul(name) || has_nul(value))
      return fail(
          invalid_request(fmt::format("'{}' is not a possible environment variable", to_valid_utf8(name))));
  return {};
}

std::optional<proc::TerminalSize> terminal_of(const process::PTY& pty) {
  auto side = [](std::uint32_t given, std::uint16_t otherwise) {
    return given == 0 ? otherwise : static_cast<std::uint16_t>(std::min(given, kMaxTerminalSide));
  };
  return proc::TerminalSize{side(pty.size().cols(), 80), side(pty.size().rows(), 24)};
}

// A directory that was asked for must exist; a home that does not is replaced by "/".
Result<std::string> working_directory(const Session& session, const User& user,
                                      const process::ProcessConfig& config) {
  TRY(auto path, session.path(config.cwd(), user));
  struct stat st{};
  if (stat(path.c_str(), &st) == 0 && S_ISDIR(st.st_mode)) return path;
  if (config.cwd().empty()) return "/";
  return fail(invalid_request(fmt::format("cwd '{}' does not exist", to_valid_utf8(path))));
}

proc::ChildOptions child_of(Session& session, const User& user, const process::ProcessConfig& config,
                            std::string cwd) {
  proc::ChildOptions child;
  child.program = config.cmd();
  child.args.reserve(static_cast<std::size_t>(config.args_size()) + 1);
  child.args.push_back(config.cmd());
  child.args.insert(child.args.end(), config.args().begin(), config.args().end());
  child.env = session.environment(user, {config.envs().begin(), config.envs().end()});
  child.cwd = std::move(cwd);
  if (getuid() == 0 || user.uid != getuid()) child.identity = proc::Identity{user.uid, user.gid, user.groups};
  child.oom_score_adj = kOomScore;
  child.cgroup = session.cgroups.choose();
  if (!session.virtual_machine) child.kill_with_parent = SIGKILL;
  return child;
}

process::StartResponse start_event(const Process& process) {
  process::StartResponse response;
  response.mutable_event()->mutable_start()->set_pid(static_cast<std::uint32_t>(process.pid()));
  return response;
}

process::StartResponse keepalive_event() {
  process::StartResponse response;
  response.mutable_event()->mutable_keepalive();
  return response;
}

// The life of a process as messages: start, output as it comes, one end.
template <class Response>
Task<Result<void>> follow(Process::Ptr process, std::chrono::milliseconds silence,
                          rpc::StreamWriter<Response>& out) {
  Subscription events(process);
  CO_TRY_VOID(co_await out.write_encoded(rpc::encode(out.codec(), start_event(*process))));
  for (;;) {
    auto next = co_await events.next(silence);
    switch (next) {
      case Subscription::Next::output: {
        auto message = events.take();
        CO_TRY_VOID(co_await out.write_encoded(rpc::encode(out.codec(), *message)));
        break;
      }
      case Subscription::Next::keepalive:
        CO_TRY_VOID(co_await out.write_encoded(rpc::encode(out.codec(), keepalive_event())));
        break;
      case Subscription::Next::dropped:
        co_return fail(Error{Errc::rate_limited,
                             "the client reads too slowly: other clients wait for this process's output"});
      case Subscription::Next::end:
        if (process->killed_by_deadline())
          co_return fail(Error{Errc::deadline_exceeded, "the process's time is over: it was killed"});
        co_return co_await out.write_encoded(rpc::encode(out.codec(), process->end_event()));
    }
  }
}

}  // namespace

void ProcessService::add_to(rpc::ConnectServer& server) {
  using namespace process;
  using std::bind_front;
  server.server_stream<StartRequest, StartResponse>("/process.Process/Start",
                                                    bind_front(&ProcessService::start, this));
  server.server_stream<ConnectRequest, ConnectResponse>("/process.Process/Connect",
                                                        bind_front(&ProcessService::connect, this));
  server.unary<ListRequest, ListResponse>("/process.Process/List", bind_front(&ProcessService::list, this));
  server.unary<UpdateRequest, UpdateResponse>("/process.Process/Update",
                                              bind_front(&ProcessService::update, this));
  server.unary<SendInputRequest, SendInputResponse>("/process.Process/SendInput",
                                                    bind_front(&ProcessService::send_input, this));
  server.unary<SendSignalRequest, SendSignalResponse>("/process.Process/SendSignal",
                                                      bind_front(&ProcessService::send_signal, this));
  server.unary<CloseStdinRequest, CloseStdinResponse>("/process.Process/CloseStdin",
                                                      bind_front(&ProcessService::close_stdin, this));
}

Result<Process::Options> ProcessService::options_for(const rpc::CallContext& call,
                                                     process::StartRequest request) {
  const auto& config = request.process();
  TRY_VOID(check(config));
  if (request.tag().size() > kMaxTag) return fail(invalid_request("the tag is too long"));
  TRY(auto user, session_.user_of(call.request));
  TRY(auto cwd, working_directory(session_, user, config));
  Process::Options options;
  options.child = child_of(session_, user, config, std::move(cwd));
  if (request.has_pty()) options.terminal = terminal_of(request.pty());
  if (request.has_tag()) options.tag = request.tag();
  options.with_stdin = !request.has_stdin() || request.stdin();
  options.deadline = call.deadline;
  options.config = std::move(*request.mutable_process());
  return options;
}

Task<Result<void>> ProcessService::start(rpc::CallContext& call, process::StartRequest request,
                                         rpc::StreamWriter<process::StartResponse>& out) {
  CO_TRY(auto options, options_for(call, std::move(request)));
  CO_TRY(auto process, co_await table_.start(std::move(options)));
  co_return co_await follow(std::move(process), silence_of(call.request), out);
}

Task<Result<void>> ProcessService::connect(rpc::CallContext& call, process::ConnectRequest request,
                                           rpc::StreamWriter<process::ConnectResponse>& out) {
  CO_TRY(auto process, table_.find(request.process()));
  if (process->subscribers() >= Process::kMaxSubscribers)
    co_return fail(Error{Errc::rate_limited, "too many clients follow this process"});
  co_return co_await follow(std::move(process), silence_of(call.request), out);
}

Task<Result<process::ListResponse>> ProcessService::list(rpc::CallContext&, process::ListRequest) {
  process::ListResponse response;
  for (const auto& process : table_.live()) {
    auto& info = *response.add_processes();
    *info.mutable_config() = process->config();
    info.set_pid(static_cast<std::uint32_t>(process->pid()));
    if (process->tag()) info.set_tag(*process->tag());
  }
  co_return response;
}

Task<Result<process::UpdateResponse>> ProcessService::update(rpc::CallContext&,
                                                             process::UpdateRequest request) {
  CO_TRY(auto process, table_.find_live(request.process()));
  if (request.has_pty()) CO_TRY_VOID(process->resize(*terminal_of(request.pty())));
  co_return process::UpdateResponse{};
}

Task<Result<void>> ProcessService::input(const process::ProcessSelector& selector,
                                         process::ProcessInput input) {
  CO_TRY(auto process, table_.find_live(selector));
  if (input.input_case() == process::ProcessInput::INPUT_NOT_SET)
    co_return fail(invalid_request("input is required"));
  if (input.has_pty() != process->is_terminal())
    co_return fail(Error{Errc::internal_error, process->is_terminal()
                                                   ? "the process has a terminal: send pty input"
                                                   : "the process has no terminal: send stdin input"});
  co_return co_await process->write_input(
      std::move(input.has_pty() ? *input.mutable_pty() : *input.mutable_stdin()));
}

Task<Result<process::SendInputResponse>> ProcessService::send_input(rpc::CallContext&,
                                                                    process::SendInputRequest request) {
  CO_TRY_VOID(co_await input(request.process(), std::move(*request.mutable_input())));
  co_return process::SendInputResponse{};
}

Task<Result<process::SendSignalResponse>> ProcessService::send_signal(rpc::CallContext&,
                                                                      process::SendSignalRequest request) {
  CO_TRY(auto process, table_.find_live(request.process()));
  if (request.signal() == process::SIGNAL_UNSPECIFIED || !process::Signal_IsValid(request.signal()))
    co_return fail(invalid_request("signal must be SIGNAL_SIGINT, SIGNAL_SIGTERM or SIGNAL_SIGKILL"));
  CO_TRY_VOID(process->signal(request.signal()));
  co_return process::SendSignalResponse{};
}

Task<Result<process::CloseStdinResponse>> ProcessService::close_stdin(rpc::CallContext&,
                                                                      process::CloseStdinRequest request) {
  CO_TRY(auto process, table_.find_live(request.process()));
  CO_TRY_VOID(process->close_input());
  co_return process::CloseStdinResponse{};
}

}  // namespace sandbar::guest
