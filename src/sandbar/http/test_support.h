// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <doctest/doctest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <functional>

#include "sandbar/async/spawn.h"
#include "sandbar/async/timer.h"
#include "sandbar/base/try.h"
#include "sandbar/http/client.h"
#include "sandbar/http/server.h"

// What the tests of this folder share: a server with a handler on a free port, and a raw connection to it.

namespace sandbar::http::test {

using namespace std::chrono_literals;

// Runs a coroutine on a loop of its own until it ends, and fails if it takes longer than 20 s.
inline void run(std::function<Task<void>(Executor)> body) {
  boost::asio::io_context io(1);
  std::exception_ptr thrown;
  bool ended = false;
  boost::asio::co_spawn(io, body(io.get_executor()), [&](std::exception_ptr e) {
    thrown = e;
    ended = true;
  });
  auto end = std::chrono::steady_clock::now() + 20s;
  while (!ended && std::chrono::steady_clock::now() < end) io.run_one_for(100ms);
  if (thrown) std::rethrow_exception(thrown);
  REQUIRE_MESSAGE(ended, "the test hangs");
}

struct Site {
  Site(Executor e, Handler handler, ServerLimits limits = {}, TlsContextPtr tls = nullptr)
      : executor(e), server(make_server(e, std::move(handler), limits, std::move(tls))) {
    auto listening = server->listen("127.0.0.1:0", false);
    REQUIRE(listening.has_value());
    client = make_client(e, endpoint());
  }
  std::string url(std::string_view scheme = "http") const {
    return fmt::format("{}://127.0.0.1:{}", scheme, server->port());
  }
  Endpoint endpoint() const { return *endpoint_of_url(url()); }

  Executor executor;
  ServerPtr server;
  ClientPtr client;
};

inline Task<ByteStreamPtr> connect_to(const Site& site) {
  auto stream = co_await connect_tcp("127.0.0.1", site.server->port());
  REQUIRE(stream.has_value());
  co_return std::move(*stream);
}

// Everything until the peer closes; "…<reset>" if it breaks the connection.
inline Task<std::string> read_to_end(ByteStream& stream) {
  std::string all;
  char piece[4096];
  for (;;) {
    auto n = co_await stream.read_some(piece);
    if (!n) co_return all + "<reset>";
    if (*n == 0) co_return all;
    all.append(piece, *n);
  }
}

// Reads until `end` has come.
inline Task<std::string> read_until(ByteStream& stream, std::string end) {
  std::string all;
  char byte;
  while (!all.ends_with(end)) {
    auto n = co_await stream.read_some({&byte, 1});
    if (n.value_or(0) == 0) co_return all + "<ended>";
    all += byte;
  }
  co_return all;
}

// Sends bytes on a connection of their own and returns all that comes back.
inline Task<std::string> say(const Site& site, std::string bytes) {
  auto stream = co_await connect_to(site);
  (void)co_await write_all(*stream, bytes);
  co_return co_await read_to_end(*stream);
}

inline int status_of(std::string_view answer) {
  return answer.starts_with("HTTP/1.1 ") ? std::stoi(std::string(answer.substr(9, 3))) : 0;
}

// Answers with method, target and body.
inline Task<void> echo(Exchange& exchange) {
  auto body = co_await exchange.read_all(1 << 20);
  if (!body) {
    (void)co_await exchange.respond({info_of(body.error().code).http_status, {}, {}});
    co_return;
  }
  auto text = fmt::format("{} {} {}", exchange.request().method, exchange.request().target, *body);
  (void)co_await exchange.respond({200, {{"Content-Type", "text/plain"}}, std::move(text)});
}

}  // namespace sandbar::http::test
