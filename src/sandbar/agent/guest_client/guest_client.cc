// SPDX-License-Identifier: Apache-2.0
#include "sandbar/agent/guest_client/guest_client.h"

#include "process/process.pb.h"
#include "sandbar/async/timer.h"
#include "sandbar/base/clock.h"
#include "sandbar/base/random.h"
#include "sandbar/base/strings.h"
#include "sandbar/json/encode.h"
#include "sandbar/model/limits.h"
#include "sandbar/rpc/connect_client.h"

namespace sandbar::agent {

struct InitRequest {
  std::string sandboxId, templateId;  // names of the guest's protocol
  Time timestamp;
  std::string entropy;
  std::optional<std::string> accessToken, defaultUser, defaultWorkdir;
  std::optional<std::map<std::string, std::string>> envVars;
  std::optional<int> diskMib;
};
BOOST_DESCRIBE_STRUCT(InitRequest, (),
                      (sandboxId, templateId, timestamp, entropy, accessToken, defaultUser, defaultWorkdir,
                       envVars, diskMib))

namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr std::size_t kMaxAnswer = 16 * 1024, kKeptOutput = 2000;
constexpr std::size_t kEntropyBytes = 64;
constexpr milliseconds kAnswerLimit = 5s;  // of one attempt

template <class T>
std::optional<T> unless_empty(T value) {
  if (value.empty()) return std::nullopt;
  return value;
}

std::string init_body(const GuestIdentity& who) {
  return json::encode(InitRequest{
      .sandboxId = who.id.str(),
      .templateId = who.template_id.str(),
      .timestamp = SystemClock().now(),
      .entropy = to_base64(random_bytes(kEntropyBytes)),
      .accessToken = unless_empty(who.access_token.reveal()),
      .defaultUser = unless_empty(who.user),
      .defaultWorkdir = unless_empty(who.workdir),
      .envVars = unless_empty(who.env),
      .diskMib = who.disk_mib > 0 ? std::optional(who.disk_mib) : std::nullopt,
  });
}

Task<Result<int>> post_init(http::Client& guest, std::string body) {
  http::RequestHead head{"POST", "/init", {{"Content-Type", "application/json"}}};
  CO_TRY(auto answer, co_await guest.fetch(std::move(head), std::move(body), kMaxAnswer));
  co_return answer.status;
}

Task<Result<void>> introduce_until_answered(http::Client& guest, const GuestIdentity& who) {
  for (milliseconds pause = 5ms;; pause = std::min(pause * 2, milliseconds(200))) {
    auto status = co_await with_timeout(kAnswerLimit, "the guest's answer", post_init(guest, init_body(who)));
    if (status && *status / 100 == 2) co_return Result<void>{};
    if (status)
      co_return fail(Error{Errc::agent_error, "the sandbox refused its identity",
                           fmt::format("/init answered {}", *status)});
    co_await sleep_for(pause);
  }
}

using CommandEvents = rpc::ClientStream<process::StartResponse>;

Task<Result<void>> started(CommandEvents events) {
  CO_TRY(auto first, co_await events.next());
  if (!first || !first->event().has_start())
    co_return fail(Error{Errc::agent_error, "the guest did not say what it started"});
  co_return Result<void>{};
}

Task<Result<CommandEvents>> open_command(http::Client& guest, std::string command, std::string user,
                                         Secret access_token) {
  process::StartRequest request;
  request.mutable_process()->set_cmd("/bin/bash");
  for (auto arg : {"-l", "-c"}) request.mutable_process()->add_args(arg);
  request.mutable_process()->add_args(std::move(command));
  request.set_stdin(false);
  rpc::CallOptions options{.timeout = std::nullopt};
  if (!access_token.empty()) options.headers.set("X-Access-Token", access_token.reveal());
  if (!user.empty()) options.headers.set("Authorization", "Basic " + to_base64(user + ":"));
  rpc::ConnectClient client(guest);
  co_return co_await client.server_stream<process::StartResponse>("/process.Process/Start",
                                                                  std::move(request), std::move(options));
}

void keep_end(std::string& output, const std::string& more) {
  output += more;
  if (output.size() > kKeptOutput) output.erase(0, output.size() - kKeptOutput);
}

Task<Result<CommandEnd>> ended(http::Client& guest, std::string command, std::string user,
                               Secret access_token) {
  CO_TRY(auto events,
         co_await open_command(guest, std::move(command), std::move(user), std::move(access_token)));
  CommandEnd end;
  for (;;) {
    CO_TRY(auto next, co_await events.next());
    if (!next) co_return fail(Error{Errc::agent_error, "the guest did not say how a command ended"});
    const auto& event = next->event();
    if (event.has_data()) keep_end(end.output, event.data().stdout() + event.data().stderr());
    if (!event.has_end()) continue;
    end.exit_code = event.end().exit_code();
    co_return end;
  }
}

}  // namespace

http::ClientPtr make_guest_http(Executor executor, VmPtr vm, GuestWay way) {
  http::Endpoint endpoint{
      [vm, way] { return way == GuestWay::network ? vm->dial(limits::kGuestPort) : vm->dial_guest(); },
      "localhost"};
  http::ClientLimits limits;
  limits.connect = 5s;
  limits.head = 0ms;  // a command may be silent for as long as it likes
  limits.idle = 0ms;
  return http::make_client(executor, std::move(endpoint), limits);
}

Task<Result<void>> introduce(http::Client& guest, GuestIdentity who, milliseconds limit) {
  co_return co_await with_timeout(limit, "the guest's first answer", introduce_until_answered(guest, who));
}

Task<Result<void>> start_in_background(http::Client& guest, std::string command, std::string user,
                                       Secret access_token) {
  auto open = open_command(guest, std::move(command), std::move(user), std::move(access_token));
  CO_TRY(auto events, co_await with_timeout(kAnswerLimit, "starting a command", std::move(open)));
  co_return co_await with_timeout(kAnswerLimit, "starting a command", started(std::move(events)));
}

Task<Result<CommandEnd>> run_to_end(http::Client& guest, std::string command, std::string user,
                                    Secret access_token, milliseconds limit) {
  auto run = ended(guest, std::move(command), std::move(user), std::move(access_token));
  co_return co_await with_timeout(limit, "running a command", std::move(run));
}

}  // namespace sandbar::agent
