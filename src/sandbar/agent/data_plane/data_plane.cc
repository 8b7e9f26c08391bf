// SPDX-License-Identifier: Apache-2.0
#include "sandbar/agent/data_plane/data_plane.h"

#include <boost/asio/experimental/awaitable_operators.hpp>

#include "sandbar/base/strings.h"
#include "sandbar/http/forward.h"
#include "sandbar/json/encode.h"
#include "sandbar/model/limits.h"
#include "sandbar/rpc/wire_error.h"

namespace sandbar::agent {

struct RefusalBody {
  std::optional<std::string> sandboxId = {};  // names of the E2B proxy
  std::string message = {};
  std::optional<int> port = {}, connectionLimit = {};
  std::optional<std::string> path = {};
  int code = 0;
};
BOOST_DESCRIBE_STRUCT(RefusalBody, (), (sandboxId, message, port, connectionLimit, path, code))

namespace {

using namespace boost::asio::experimental::awaitable_operators;

constexpr std::int64_t kMuch = 64 << 10;
constexpr std::string_view kRefusal = "Sandbar-Refusal", kLimit = "Sandbar-Limit",
                           kNotRunning = "not_running";

Task<void> refuse(http::Exchange& exchange, std::string reason, RefusalBody body) {
  http::Headers headers{{"Content-Type", "application/json; charset=utf-8"},
                        {std::string(kRefusal), std::move(reason)}};
  if (body.connectionLimit) headers.set(kLimit, std::to_string(*body.connectionLimit));
  if (headers.get(kRefusal) == kNotRunning) headers.set(rpc::kErrorHeader, "unavailable");
  co_await exchange.respond({body.code, std::move(headers), json::encode(body)});
}

Task<void> refuse_silent_port(http::Exchange& exchange, const Target& target, Errc why) {
  bool closed = why == Errc::not_found || target.port == limits::kGuestPort;
  return refuse(exchange, closed ? "port_closed" : "bad_answer",
                {.sandboxId = target.id.uuid().hex(),
                 .message = closed ? "The sandbox is running but port is not open"
                                   : "The service in the sandbox gave no proper answer",
                 .port = target.port,
                 .code = 502});
}

// What is safe may be asked twice.
bool is_safe(std::string_view method) { return method == "GET" || method == "HEAD" || method == "OPTIONS"; }

// More than the serial port is quick for, or than anybody knows yet.
bool carries_much(const http::RequestHead& request) {
  auto length = parse_int(request.headers.get("Content-Length"));
  return request.headers.has("Transfer-Encoding") || length.value_or(0) > kMuch;
}

std::shared_ptr<http::Client> client_for(const Sandbox& sandbox, std::uint16_t port,
                                         const http::RequestHead& request) {
  if (port == limits::kGuestPort)
    return carries_much(request) ? sandbox.ports()->fresh(port) : sandbox.guest();
  bool keep = is_safe(request.method) && !http::is_upgrade(request.headers);
  return keep ? sandbox.ports()->kept(port) : sandbox.ports()->fresh(port);
}

// The mark of our own refusals is nothing that a sandbox may send.
bool accept(http::ResponseHead& head) {
  head.headers.remove(kRefusal);
  return true;
}

Task<void> forward(http::Exchange& exchange, SandboxPtr sandbox, Target target) {
  const auto& request = exchange.request();
  auto client = client_for(*sandbox, target.port, request);
  http::Forwarding forwarding(exchange, accept);
  auto work = forwarding.run(*client, {request.method, target.rest, http::end_to_end(request.headers)});
  auto first = co_await (std::move(work) || sandbox->vm_lost().wait());
  auto outcome = first.index() == 0 ? std::get<0>(first) : http::Forwarded::broken;
  if (outcome == http::Forwarded::unreachable && exchange.status() == 0)
    co_return co_await refuse_silent_port(exchange, target, forwarding.failure().code);
  if (outcome == http::Forwarded::whole && co_await forwarding.finish()) co_return;
  if (outcome != http::Forwarded::upgraded) exchange.abort();
}

}  // namespace

Task<void> DataPlane::serve(http::Exchange& exchange) {
  auto target = parse_target(exchange.request().target);
  if (!target)
    co_return co_await refuse(exchange, "bad_request", {.message = target.error().message, .code = 400});
  if (is_control_route(*target))
    co_return co_await refuse(
        exchange, "control_route",
        {.message = "This route is reserved for the host agent", .path = target->rest, .code = 404});
  auto sandbox = manager_.find(target->id);
  auto name = target->id.uuid().hex();
  if (!sandbox || sandbox->status() != Status::running || !sandbox->vm())
    co_return co_await refuse(exchange, std::string(kNotRunning),
                              {.sandboxId = name, .message = "The sandbox was not found", .code = 502});
  Sandbox::Activity activity(sandbox);
  if (target->port == limits::kGuestPort) co_return co_await forward(exchange, sandbox, *std::move(target));
  if (sandbox->visits() >= max_visits_)
    co_return co_await refuse(exchange, "too_many",
                              {.sandboxId = name,
                               .message = "Too many connections to this sandbox",
                               .connectionLimit = max_visits_,
                               .code = 429});
  Sandbox::Visit visit(sandbox);
  co_await forward(exchange, sandbox, *std::move(target));
}

}  // namespace sandbar::agent
