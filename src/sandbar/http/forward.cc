// SPDX-License-Identifier: Apache-2.0
#include "sandbar/http/forward.h"

#include <algorithm>
#include <array>
#include <boost/asio/experimental/awaitable_operators.hpp>

#include "sandbar/base/strings.h"
#include "sandbar/base/try.h"
#include "sandbar/http/decoder.h"
#include "sandbar/http/proxy_parts.h"
#include "sandbar/http/splice.h"

namespace sandbar::http {
namespace {

using namespace std::chrono_literals;
using namespace boost::asio::experimental::awaitable_operators;

constexpr std::size_t kSmallBody = 64 * 1024;
constexpr std::size_t kPiece = 64 * 1024;
// How long a server may leave "Expect: 100-continue" without an answer before it gets the body all the same.
constexpr auto kContinueLimit = 1s;

constexpr auto kConnectionFields =
    std::to_array<std::string_view>({"connection", "keep-alive", "proxy-connection", "proxy-authenticate",
                                     "proxy-authorization", "te", "transfer-encoding", "upgrade", "expect"});
// A server that does one of these twice has done it once.
constexpr auto kRepeatable =
    std::to_array<std::string_view>({"GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PROPFIND", "REPORT"});

struct Piece {
  std::unique_ptr<char[]> bytes = std::make_unique_for_overwrite<char[]>(kPiece);
  std::span<char> room() { return {bytes.get(), kPiece}; }
  std::string_view first(std::size_t n) const { return {bytes.get(), n}; }
};

std::int64_t declared(const Headers& headers) { return parse_int(headers.get("Content-Length")).value_or(0); }

bool has_body(const Headers& headers) { return headers.has("Transfer-Encoding") || declared(headers) > 0; }

bool is_small(const Headers& headers) {
  return !headers.has("Transfer-Encoding") && declared(headers) <= static_cast<std::int64_t>(kSmallBody);
}

bool expects_continue(const Headers& headers) {
  return equals_ignore_case(headers.get("Expect"), "100-continue");
}

Task<Forwarded> unless_left(Task<Forwarded> answer, Task<void> left) {
  auto first = co_await (std::move(answer) || std::move(left));
  co_return first.index() == 0 ? std::get<0>(first) : Forwarded::broken;
}

}  // namespace

Headers end_to_end(const Headers& headers) {
  Headers out;
  for (const auto& [name, value] : headers.entries()) {
    bool hop =
        std::ranges::any_of(kConnectionFields, [&](auto field) { return equals_ignore_case(field, name); });
    if (!hop && !lists_token(headers, "Connection", name)) out.add(name, value);
  }
  if (lists_token(headers, "TE", "trailers")) out.set("TE", "trailers");
  if (!is_upgrade(headers)) return out;
  out.set("Connection", "Upgrade");
  out.set("Upgrade", headers.get("Upgrade"));
  return out;
}

bool is_upgrade(const Headers& headers) {
  return headers.has("Upgrade") && lists_token(headers, "Connection", "upgrade") && !has_body(headers);
}

Task<Forwarded> Forwarding::run(Client& client, RequestHead head) {
  const auto& incoming = exchange_.request().headers;
  failure_ = {};
  upgrades_ = is_upgrade(incoming);
  bool streams = has_body(incoming) && (!is_small(incoming) || expects_continue(incoming));
  if (streams) co_return co_await stream(client, std::move(head));
  head.headers.remove("Content-Length");
  if (!body_) {
    auto body = co_await exchange_.read_all(kSmallBody);
    if (!body) co_return Forwarded::broken;
    body_ = *std::move(body);
  }
  co_return co_await send(client, std::move(head));
}

Task<Forwarded> Forwarding::send(Client& client, RequestHead head) {
  auto asked = ask(client, std::move(head));
  // An upgraded connection has no watcher: splicing notices its end, and no byte of it may be read by
  // somebody else.
  if (upgrades_) co_return co_await pass_on(std::move(asked));
  co_return co_await unless_left(pass_on(std::move(asked)), exchange_.disconnected());
}

// What must not be done twice goes out on a way that never tries again.
Task<Result<ClientResponsePtr>> Forwarding::ask(Client& client, RequestHead head) {
  bool repeatable = std::ranges::find(kRepeatable, head.method) != kRepeatable.end();
  if (repeatable || upgrades_) co_return co_await client.send(std::move(head), *body_);
  head.headers.set("Content-Length", std::to_string(body_->size()));
  CO_TRY(auto request, co_await client.start(std::move(head)));
  if (!body_->empty()) CO_TRY_VOID(co_await request->write(*body_));
  co_return co_await request->finish();
}

Task<Forwarded> Forwarding::stream(Client& client, RequestHead head) {
  if (expects_continue(exchange_.request().headers)) head.headers.set("Expect", "100-continue");
  auto request = co_await client.start(std::move(head));
  if (!request) {
    failure_ = std::move(request).error();
    co_return Forwarded::unreachable;
  }
  co_return co_await unless_left(pass_on((*request)->response()), upload_then_watch(**request));
}

Task<Result<void>> Forwarding::upload(ClientRequest& request) {
  if (expects_continue(exchange_.request().headers)) {
    if (auto* proxy = proxy_part(request)) co_await proxy->wanted(kContinueLimit);
  }
  Piece piece;
  for (;;) {
    CO_TRY(auto count, co_await exchange_.read_some(piece.room()));
    if (count == 0) break;
    CO_TRY_VOID(co_await request.write(piece.first(count)));
  }
  auto* from = proxy_part(exchange_);
  auto* to = proxy_part(request);
  if (from && to) to->set_trailers(from->trailers());
  co_return co_await request.end();
}

// Returns only when there is nobody left to be answered.
Task<void> Forwarding::upload_then_watch(ClientRequest& request) {
  auto uploaded = co_await upload(request);
  if (uploaded || uploaded.error().code == Errc::unavailable) co_await exchange_.disconnected();
}

Task<Forwarded> Forwarding::pass_on(Task<Result<ClientResponsePtr>> asked) {
  auto response = co_await std::move(asked);
  if (!response) {
    failure_ = std::move(response).error();
    co_return Forwarded::unreachable;
  }
  co_return co_await take_answer(**response);
}

// An answer that has arrived to its end goes out in one write; any other begins with its head, at once.
Task<Forwarded> Forwarding::take_answer(ClientResponse& response) {
  ResponseHead head{response.head().status, end_to_end(response.head().headers)};
  if (!accept_(head)) co_return Forwarded::refused;
  if (head.status == 101) co_return co_await upgrade(response, std::move(head));
  bool bodiless = exchange_.request().method == "HEAD" || head.status == 204 || head.status == 304;
  auto* proxy = proxy_part(response);
  Piece piece;
  std::size_t early = 0;
  if (!bodiless && proxy && proxy->is_ready()) {
    auto count = co_await response.read_some(piece.room());
    if (!count) co_return Forwarded::broken;
    early = *count;
    if (proxy->is_done() && proxy->trailers().entries().empty()) {
      answer_ = Response{head.status, std::move(head.headers), std::string(piece.first(early))};
      co_return Forwarded::whole;
    }
  }
  if (!co_await exchange_.start(std::move(head))) co_return Forwarded::broken;
  co_return co_await stream_answer(response, piece.first(early));
}

Task<Forwarded> Forwarding::stream_answer(ClientResponse& response, std::string_view early) {
  if (!early.empty() && !co_await exchange_.write(early)) co_return Forwarded::broken;
  Piece piece;
  for (;;) {
    auto count = co_await response.read_some(piece.room());
    if (!count) co_return Forwarded::broken;
    if (*count == 0) break;
    if (!co_await exchange_.write(piece.first(*count))) co_return Forwarded::broken;
  }
  auto* from = proxy_part(response);
  auto* to = proxy_part(exchange_);
  if (from && to) to->set_trailers(from->trailers());
  co_return Forwarded::whole;
}

Task<bool> Forwarding::finish() {
  auto sent = answer_ ? exchange_.respond(*std::move(answer_)) : exchange_.finish();
  auto done = co_await std::move(sent);
  co_return done.has_value();
}

Task<Forwarded> Forwarding::upgrade(ClientResponse& response, ResponseHead head) {
  if (!upgrades_) {
    failure_ = {Errc::unavailable, "the server changed the protocol unasked"};
    co_return Forwarded::unreachable;
  }
  auto inner = response.take_over();
  if (!inner) co_return Forwarded::broken;
  auto outer = co_await exchange_.take_over(std::move(head));
  if (outer) co_await splice(std::move(*outer), std::move(*inner));
  co_return Forwarded::upgraded;
}

}  // namespace sandbar::http
