// SPDX-License-Identifier: Apache-2.0
#include "sandbar/guest/forwarder.h"

#include "sandbar/async/timer.h"
#include "sandbar/base/scope_exit.h"
#include "sandbar/base/strings.h"
#include "sandbar/guest/rest.h"
#include "sandbar/http/forward.h"
#include "sandbar/http/splice.h"

namespace sandbar::guest {
namespace {

constexpr int kMaxOpen = 1024;
constexpr std::int64_t kOwnPort = 49983;
constexpr std::chrono::seconds kConnectLimit{5};

std::optional<std::uint16_t> port_of(const http::RequestHead& request) {
  auto port = parse_int(request.query("port").value_or(""));
  if (!port || *port < 1 || *port > 65535 || *port == kOwnPort) return std::nullopt;
  return static_cast<std::uint16_t>(*port);
}

}  // namespace

Task<void> Forwarder::serve(http::Exchange& exchange) {
  auto port = port_of(exchange.request());
  if (!port || !http::is_upgrade(exchange.request().headers)) {
    co_await exchange.respond(status_response(400, "not a port to forward to"));
    co_return;
  }
  if (open_ >= kMaxOpen) {
    co_await exchange.respond(status_response(503, "too many forwarded connections"));
    co_return;
  }
  ++open_;
  ScopeExit closed([this] { --open_; });
  // "localhost" is both 127.0.0.1 and ::1.
  auto inner = co_await with_timeout(kConnectLimit, "connecting", http::connect_tcp("localhost", *port));
  if (!inner) {
    co_await exchange.respond(status_response(502, "nothing listens on this port"));
    co_return;
  }
  http::Headers headers{{"Connection", "Upgrade"}, {"Upgrade", "sandbar-forward"}};
  auto outer = co_await exchange.take_over({101, std::move(headers)});
  if (outer) co_await http::splice(std::move(*outer), std::move(*inner));
}

}  // namespace sandbar::guest
