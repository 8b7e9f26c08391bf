// SPDX-License-Identifier: Apache-2.0
#include "sandbar/http/websocket.h"

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/websocket/stream.hpp>

#include "sandbar/async/event.h"
#include "sandbar/async/spawn.h"
#include "sandbar/async/timer.h"
#include "sandbar/base/scope_exit.h"
#include "sandbar/base/strings.h"
#include "sandbar/base/try.h"
#include "sandbar/http/beast_stream.h"
#include "sandbar/http/websocket_parts.h"

namespace sandbar::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace ws = boost::beast::websocket;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kMaxMessage = 1 << 20;
constexpr std::size_t kMaxReason = 123;  // what fits into a control frame

Error error_of(error_code ec) {
  if (ec == ws::error::closed) return {Errc::canceled, "the peer closed the connection"};
  if (ec == ws::error::message_too_big) return {Errc::too_large, "the message is too large"};
  return {Errc::unavailable, "connection lost", "websocket: " + ec.message()};
}

// What outlives the WebSocket's owner while an operation or the keeper is still at work.
struct State {
  State(ByteStreamPtr stream, WebSocketLimits l)
      : socket(std::move(stream)), limits(l), timer(socket.get_executor()), changed(socket.get_executor()) {
    socket.set_option(ws::stream_base::timeout{ws::stream_base::none(), ws::stream_base::none(), false});
    socket.read_message_max(kMaxMessage);
    socket.auto_fragment(false);
  }

  void abort() {
    aborted = true;
    timer.cancel();
    socket.next_layer().stream().close();
  }
  // A peer from whom nothing comes though we read, or who takes nothing though we write.
  bool is_peer_lost() const {
    auto since = Clock::now() - limits.patience;
    const auto& stream = socket.next_layer();
    return (reading_since && std::max(*reading_since, stream.last_read()) < since) ||
           (writing_since && std::max(*writing_since, stream.last_write()) < since);
  }

  ws::stream<BeastStream, false> socket;
  WebSocketLimits limits;
  asio::steady_timer timer;
  Event changed;
  std::optional<Result<WebSocketMessage>> arrived;
  std::optional<Clock::time_point> reading_since, writing_since;
  bool pinging = false;
  bool aborted = false;
};
using StatePtr = std::shared_ptr<State>;

Task<void> keep_alive(StatePtr state) {
  while (!state->aborted) {
    state->timer.expires_after(state->limits.ping_every);
    (void)co_await state->timer.async_wait(kAwait);
    if (state->aborted) co_return;
    if (state->is_peer_lost()) state->abort();
    if (state->pinging || !state->socket.is_open()) continue;
    state->pinging = true;
    state->socket.async_ping({}, [state](error_code) { state->pinging = false; });
  }
}

// Beast gives a stream up whose read was cancelled, so reads run in a task that nobody cancels.
Task<void> read_ahead(StatePtr state) {
  beast::flat_buffer buffer;
  auto [ec, n] = co_await state->socket.async_read(buffer, kAwait);
  state->reading_since.reset();
  if (ec) {
    state->arrived = fail(error_of(ec));
  } else {
    std::string data(static_cast<const char*>(buffer.data().data()), n);
    state->arrived = WebSocketMessage{state->socket.got_text(), std::move(data)};
  }
  state->changed.notify_all();
}

Task<Result<void>> send_close(StatePtr state, ws::close_reason reason) {
  (void)co_await state->socket.async_close(reason, kAwait);
  co_return Result<void>{};
}

class WebSocketOnState final : public WebSocket {
 public:
  explicit WebSocketOnState(StatePtr state) : state_(std::move(state)) {
    spawn(state_->socket.get_executor(), "keep a websocket alive", keep_alive(state_));
  }
  ~WebSocketOnState() override { state_->abort(); }

  Task<Result<WebSocketMessage>> read() override { return read_one(state_); }
  Task<Result<void>> write(WebSocketMessage message) override {
    return write_one(state_, std::move(message));
  }
  Task<void> close(std::uint16_t code, std::string reason) override {
    return close_and_drop(state_, code, std::move(reason));
  }
  void abort() override { state_->abort(); }

 private:
  // A cancelled caller leaves the reading task at work, and its message waits for the next caller.
  static Task<Result<WebSocketMessage>> read_one(StatePtr state) {
    if (!state->reading_since && !state->arrived) {
      state->reading_since = Clock::now();
      spawn(state->socket.get_executor(), "read a websocket", read_ahead(state));
    }
    while (!state->arrived) co_await state->changed.wait();
    co_return *std::exchange(state->arrived, std::nullopt);
  }

  static Task<Result<void>> write_one(StatePtr state, WebSocketMessage message) {
    if (message.data.size() > kMaxMessage)
      co_return fail(internal_error("a message longer than a peer takes"));
    state->writing_since = Clock::now();
    ScopeExit done([&] { state->writing_since.reset(); });
    state->socket.text(message.text);
    auto [ec, n] = co_await state->socket.async_write(asio::buffer(message.data), kAwait);
    if (!ec) co_return Result<void>{};
    state->abort();  // a frame may have been cut
    co_return fail(error_of(ec));
  }

  static Task<void> close_and_drop(StatePtr state, std::uint16_t code, std::string reason) {
    reason = reason.substr(0, std::min(reason.size(), kMaxReason));
    while (!is_utf8(reason)) reason.pop_back();
    ws::close_reason why(static_cast<ws::close_code>(code), reason);
    if (state->socket.is_open())
      (void)co_await with_timeout(state->limits.close, "closing a websocket", send_close(state, why));
    state->abort();
  }

  StatePtr state_;
};

Task<Result<void>> accept_on(StatePtr state, beast::http::request<beast::http::empty_body> request) {
  auto [ec] = co_await state->socket.async_accept(request, kAwait);
  if (ec) co_return fail(invalid_request("not a proper WebSocket upgrade: " + ec.message()));
  co_return Result<void>{};
}

Task<Result<void>> handshake_on(StatePtr state, std::string host, std::string target) {
  ws::response_type answer;
  auto [ec] = co_await state->socket.async_handshake(answer, host, target, kAwait);
  if (!ec) co_return Result<void>{};
  if (ec != ws::error::upgrade_declined) co_return fail(error_of(ec));
  auto status = static_cast<int>(answer.result_int());
  co_return fail(
      Error{errc_of_http(status), "the server refused the WebSocket", fmt::format("status {}", status)});
}

template <class Message>
auto decorate_with(Headers headers) {
  return ws::stream_base::decorator([headers = std::move(headers)](Message& message) {
    for (const auto& [name, value] : headers.entries()) message.set(name, value);
  });
}

}  // namespace

Task<Result<WebSocketPtr>> accept_websocket_on(ByteStreamPtr stream, RequestHead request, Headers extra,
                                               int& status, WebSocketLimits limits) {
  auto state = std::make_shared<State>(std::move(stream), limits);
  beast::http::request<beast::http::empty_body> upgrade;
  upgrade.version(11);
  upgrade.method_string(request.method);
  upgrade.target(request.target);
  for (const auto& [name, value] : request.headers.entries()) upgrade.insert(name, value);
  state->socket.set_option(decorate_with<ws::response_type>(std::move(extra)));
  auto accepted =
      co_await with_timeout(limits.handshake, "accepting a websocket", accept_on(state, std::move(upgrade)));
  status = accepted ? 101 : 400;
  CO_TRY_VOID(std::move(accepted));
  co_return std::make_unique<WebSocketOnState>(std::move(state));
}

Task<Result<WebSocketPtr>> connect_websocket_with(Endpoint endpoint, RequestHead upgrade,
                                                  WebSocketLimits limits) {
  CO_TRY(auto stream,
         co_await with_timeout(limits.handshake, "connecting to " + endpoint.host, endpoint.dial()));
  auto state = std::make_shared<State>(std::move(stream), limits);
  auto host = upgrade.headers.has("Host") ? std::string(upgrade.headers.get("Host")) : endpoint.host;
  state->socket.set_option(decorate_with<ws::request_type>(std::move(upgrade.headers)));
  auto shaken = handshake_on(state, std::move(host), std::move(upgrade.target));
  CO_TRY_VOID(co_await with_timeout(limits.handshake, "opening a websocket", std::move(shaken)));
  co_return std::make_unique<WebSocketOnState>(std::move(state));
}

Task<Result<WebSocketPtr>> connect_websocket(Endpoint endpoint, RequestHead upgrade) {
  return connect_websocket_with(std::move(endpoint), std::move(upgrade), {});
}

}  // namespace sandbar::http
