// SPDX-License-Identifier: Apache-2.0
#include "sandbar/agent/data_plane/data_plane.h"

#include <boost/asio/experimental/awaitable_operators.hpp>

#include "sandbar/async/timer.h"
#include "sandbar/http/splice.h"
#include "sandbar/json/encode.h"
#include "sandbar/log/log.h"
#include "sandbar/model/limits.h"

namespace sandbar::agent {

struct RefusalBody {
  std::optional<std::string> sandboxId;  // names of the E2B proxy
  std::string message;
  std::optional<int> port;
  std::optional<std::string> path;
  int code = 0;
};
BOOST_DESCRIBE_STRUCT(RefusalBody, (), (sandboxId, message, port, path, code))

namespace {

using namespace std::chrono_literals;
using namespace boost::asio::experimental::awaitable_operators;

constexpr std::size_t kSmallBody = 64 * 1024;
constexpr std::size_t kPiece = 64 * 1024;
constexpr std::string_view kRefusal = "Sandbar-Refusal";
// A server that was started a moment ago may not listen yet.
constexpr auto kDialPauses = std::to_array<std::chrono::milliseconds>({100ms, 200ms, 300ms, 400ms});

Task<void> refuse(http::Exchange& exchange, std::string reason, RefusalBody body) {
  http::Headers headers{{"Content-Type", "application/json; charset=utf-8"},
                        {std::string(kRefusal), std::move(reason)}};
  co_await exchange.respond({body.code, std::move(headers), json::encode(body)});
}

Task<void> refuse_closed_port(http::Exchange& exchange, const Target& target) {
  return refuse(
      exchange, "port_closed",
      {target.id.uuid().hex(), "The sandbox is running but port is not open", target.port, {}, 502});
}

Task<Result<http::ByteStreamPtr>> dial_patiently(VmPtr vm, std::uint16_t port) {
  for (auto pause : kDialPauses) {
    auto stream = co_await vm->dial(port);
    if (stream || stream.error().code != Errc::unavailable) co_return stream;
    co_await sleep_for(pause);
  }
  co_return co_await vm->dial(port);
}

// The guest's own port is asked again and again, so connections are kept; what else listens in a sandbox gets
// a connection per request.
std::shared_ptr<http::Client> client_for(const Sandbox& sandbox, std::uint16_t port, Executor executor) {
  if (port == limits::kGuestPort) return sandbox.guest();
  http::ClientLimits limits{.connect = 10s, .head = 0ms, .idle = 0ms, .max_idle_connections = 0};
  http::Endpoint endpoint{[vm = sandbox.vm(), port] { return dial_patiently(vm, port); }, "localhost"};
  return http::make_client(std::move(executor), std::move(endpoint), limits);
}

bool has_body(const http::Headers& headers) {
  return headers.has("Transfer-Encoding") || parse_int(headers.get("Content-Length")).value_or(0) > 0;
}

bool is_small(const http::Headers& headers) {
  auto length = parse_int(headers.get("Content-Length"));
  return length && *length <= static_cast<std::int64_t>(kSmallBody);
}

Task<Result<void>> upload(http::Exchange& exchange, http::ClientRequest& request) {
  std::vector<char> piece(kPiece);
  for (;;) {
    CO_TRY(auto count, co_await exchange.read_some(piece));
    if (count == 0) co_return co_await request.end();
    CO_TRY_VOID(co_await request.write({piece.data(), count}));
  }
}

// Returns only when there is nobody left to be answered.
Task<void> upload_then_watch(http::Exchange& exchange, http::ClientRequest& request) {
  auto uploaded = co_await upload(exchange, request);
  if (uploaded || uploaded.error().code != Errc::canceled) co_await exchange.disconnected();
}

Task<void> splice_upgrade(http::Exchange& exchange, http::ClientResponse& response) {
  http::ResponseHead head{101, end_to_end(response.head().headers)};
  auto inner = response.take_over();
  if (!inner) co_return exchange.abort();
  auto outer = co_await exchange.take_over(std::move(head));
  if (outer) co_await http::splice(std::move(*outer), std::move(*inner));
}

// True once the whole answer but its end has been passed on.
Task<bool> download(http::Exchange& exchange, http::ClientResponse& response) {
  http::ResponseHead head{response.head().status, end_to_end(response.head().headers)};
  head.headers.remove(kRefusal);
  if (!co_await exchange.start(std::move(head))) co_return false;
  std::vector<char> piece(kPiece);
  for (;;) {
    auto count = co_await response.read_some(piece);
    if (!count) co_return false;
    if (*count == 0) co_return true;
    if (!co_await exchange.write({piece.data(), *count})) co_return false;
  }
}

enum class Answered { whole, broken, upgraded, unreachable };

Task<Answered> pass_on(http::Exchange& exchange, Task<Result<http::ClientResponsePtr>> asked) {
  auto response = co_await std::move(asked);
  if (!response) co_return Answered::unreachable;
  if ((*response)->head().status == 101) {
    co_await splice_upgrade(exchange, **response);
    co_return Answered::upgraded;
  }
  bool whole = co_await download(exchange, **response);
  co_return whole ? Answered::whole : Answered::broken;
}

Task<Answered> unless_left(Task<Answered> answer, Task<void> left) {
  auto first = co_await (std::move(answer) || std::move(left));
  co_return first.index() == 0 ? std::get<0>(first) : Answered::broken;
}

Task<Answered> forward_streamed(http::Exchange& exchange, http::Client& client, http::RequestHead head) {
  auto request = co_await client.start(std::move(head));
  if (!request) co_return Answered::unreachable;
  co_return co_await unless_left(pass_on(exchange, (*request)->response()),
                                 upload_then_watch(exchange, **request));
}

Task<Answered> forward(http::Exchange& exchange, std::shared_ptr<http::Client> client,
                       http::RequestHead head) {
  const auto& incoming = exchange.request().headers;
  if (has_body(incoming) && !is_small(incoming))
    co_return co_await forward_streamed(exchange, *client, std::move(head));
  auto body = co_await exchange.read_all(kSmallBody);
  if (!body) co_return Answered::broken;
  // An upgraded connection has no watcher: splicing notices its end, and no byte of it may be read by
  // somebody else.
  if (is_upgrade(incoming)) co_return co_await pass_on(exchange, client->send(std::move(head)));
  co_return co_await unless_left(pass_on(exchange, client->send(std::move(head), std::move(*body))),
                                 exchange.disconnected());
}

http::RequestHead inner_head(const http::RequestHead& outer, const Target& target) {
  http::RequestHead head{outer.method, target.rest, end_to_end(outer.headers)};
  if (has_body(outer.headers) && !is_small(outer.headers)) return head;
  head.headers.remove("Content-Length");
  return head;
}

}  // namespace

Task<void> DataPlane::serve(http::Exchange& exchange) {
  auto target = parse_target(exchange.request().target);
  if (!target) co_return co_await refuse(exchange, "bad_request", {{}, target.error().message, {}, {}, 400});
  if (is_control_route(*target))
    co_return co_await refuse(exchange, "control_route",
                              {{}, "This route is reserved for the host agent", {}, target->rest, 404});
  auto sandbox = manager_.find(target->id);
  if (!sandbox || sandbox->status() != Status::running || !sandbox->vm())
    co_return co_await refuse(exchange, "not_running",
                              {target->id.uuid().hex(), "The sandbox was not found", {}, {}, 502});
  Sandbox::Activity activity(sandbox);
  auto client = client_for(*sandbox, target->port, exchange.executor());
  auto work = forward(exchange, client, inner_head(exchange.request(), *target));
  auto first = co_await (std::move(work) || sandbox->vm_lost().wait());
  auto answered = first.index() == 0 ? std::get<0>(first) : Answered::broken;
  if (answered == Answered::unreachable && exchange.status() == 0)
    co_return co_await refuse_closed_port(exchange, *target);
  if (answered == Answered::whole && co_await exchange.finish()) co_return;
  if (answered != Answered::upgraded) exchange.abort();
}

}  // namespace sandbar::agent
