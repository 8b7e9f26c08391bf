// SPDX-License-Identifier: Apache-2.0
#include <cstdio>

#include "process/process.pb.h"
#include "sandbar/async/spawn.h"
#include "sandbar/async/timer.h"
#include "sandbar/base/strings.h"
#include "sandbar/rpc/connect_server.h"

// A small server for tests/connect, where a client that we did not write calls it. Request headers say how a
// call is to behave: x-error (name of an error code), x-sleep-ms, x-throw, x-bytes (size of the answer).

namespace sandbar {
namespace {

using rpc::CallContext;

// How many streams run now: shows that one which its client left is cancelled.
int running_streams = 0;

struct Running {
  Running() { ++running_streams; }
  ~Running() { --running_streams; }
};

Task<Result<void>> behave(CallContext& call) {
  const auto& headers = call.request.headers;
  if (headers.has("x-throw")) throw std::runtime_error("asked to throw");
  if (auto time = parse_int(headers.get("x-sleep-ms"))) co_await sleep_for(std::chrono::milliseconds(*time));
  if (headers.has("x-error"))
    co_return fail(Error{errc_of_name(headers.get("x-error")), "as you wish: ü", "never shown"});
  co_return Result<void>{};
}

Task<Result<process::ListResponse>> list(CallContext& call, process::ListRequest) {
  CO_TRY_VOID(co_await behave(call));
  process::ListResponse response;
  auto& info = *response.add_processes();
  info.set_pid(static_cast<std::uint32_t>(running_streams));
  info.mutable_config()->set_cmd(
      std::string(static_cast<std::size_t>(parse_int(call.request.headers.get("x-bytes")).value_or(0)), 'x'));
  co_return response;
}

// Answers how many bytes it was sent, as the error's message: the response itself is empty.
Task<Result<process::SendInputResponse>> send_input(CallContext&, process::SendInputRequest request) {
  co_return fail(Error{Errc::data_loss, std::to_string(request.input().stdin().size())});
}

process::StartResponse data_event(std::string bytes) {
  process::StartResponse message;
  message.mutable_event()->mutable_data()->set_stdout(std::move(bytes));
  return message;
}

Task<Result<void>> start(CallContext& call, process::StartRequest request,
                         rpc::StreamWriter<process::StartResponse>& out) {
  Running running;
  process::StartResponse first;
  first.mutable_event()->mutable_start()->set_pid(7);
  CO_TRY_VOID(co_await out.write(first));
  for (const auto& arg : request.process().args()) CO_TRY_VOID(co_await out.write(data_event(arg)));
  if (auto size = parse_int(call.request.headers.get("x-bytes")))
    CO_TRY_VOID(co_await out.write(data_event(std::string(static_cast<std::size_t>(*size), '\xff'))));
  co_return co_await behave(call);
}

Task<void> serve(rpc::ConnectServer& rpc, http::Exchange& exchange) {
  if (rpc.handles(exchange.request().path())) co_return co_await rpc.serve(exchange);
  co_await exchange.respond({404, {{"Content-Type", "text/plain"}}, "no such thing"});
}

int run() {
  boost::asio::io_context io;
  rpc::ConnectServer rpc({.max_request_bytes = 1 << 20});
  rpc.unary<process::ListRequest, process::ListResponse>("/process.Process/List", list, rpc::Effects::none);
  rpc.unary<process::SendInputRequest, process::SendInputResponse>("/process.Process/SendInput", send_input);
  rpc.server_stream<process::StartRequest, process::StartResponse>("/process.Process/Start", start);
  auto server = http::make_server(io.get_executor(), [&rpc](http::Exchange& e) { return serve(rpc, e); });
  if (auto listening = server->listen("127.0.0.1:0", false); !listening) return 1;
  std::printf("%d\n", server->port());
  std::fflush(stdout);
  io.run();
  return 0;
}

}  // namespace
}  // namespace sandbar

int main() { return sandbar::run(); }
