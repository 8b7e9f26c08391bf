// SPDX-License-Identifier: Apache-2.0
#include "sandbar/http/websocket.h"

#include "sandbar/http/test_support.h"
#include "sandbar/http/websocket_parts.h"

using namespace sandbar;
using namespace sandbar::http;
using namespace sandbar::http::test;

namespace {

struct Ended {
  std::optional<Error> why;
  Event changed;
  explicit Ended(Executor e) : changed(e) {}
  Task<Errc> wait() {
    while (!why) co_await changed.wait();
    co_return why->code;
  }
};

// Sends back what comes until the end, and notes how it ended.
Task<void> parrot(Exchange& exchange, Ended& ended) {
  if (!exchange.is_websocket()) {
    (void)co_await exchange.respond({426, {{"Upgrade", "websocket"}}, {}});
    co_return;
  }
  auto socket = co_await exchange.accept_websocket({{"X-Extra", "yes"}});
  if (!socket) co_return;
  for (;;) {
    auto message = co_await (*socket)->read();
    if (!message) {
      ended.why = message.error();
      ended.changed.notify_all();
      co_return;
    }
    (void)co_await (*socket)->write(std::move(*message));
  }
}

struct ParrotSite {
  explicit ParrotSite(Executor e, ServerLimits limits = {})
      : ended(e), site(e, [this](Exchange& exchange) { return parrot(exchange, ended); }, limits) {}
  Ended ended;
  Site site;
};

Task<void> parrots(Executor executor) {
  ParrotSite parrot_site(executor);
  auto socket = co_await connect_websocket(parrot_site.site.endpoint(), {"GET", "/ws?x=1", {}});
  REQUIRE(socket.has_value());
  std::string sizes[] = {"", "hello", std::string(126, 'a'), std::string(70'000, 'b'),
                         std::string(1 << 20, 'c')};
  for (const auto& data : sizes) {
    for (bool text : {true, false}) {
      CHECK((co_await (*socket)->write({text, data})).has_value());
      auto back = co_await (*socket)->read();
      REQUIRE(back.has_value());
      CHECK(back->text == text);
      CHECK(back->data == data);
    }
  }
  co_await (*socket)->close(1000, "done");
  CHECK(co_await parrot_site.ended.wait() == Errc::canceled);
}

Task<void> breaks(Executor executor) {
  ParrotSite parrot_site(executor);
  auto socket = co_await connect_websocket(parrot_site.site.endpoint(), {"GET", "/", {}});
  (*socket)->abort();
  CHECK(co_await parrot_site.ended.wait() == Errc::unavailable);
  auto late = co_await (*socket)->write({true, "late"});
  CHECK(!late.has_value());
}

constexpr std::string_view kUpgrade =
    "GET / HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, Upgrade\r\nUpgrade: "
    "WebSocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

// A client's frame, masked with zeros, so that its payload can be read here.
std::string frame(int opcode, std::string_view payload, bool last = true) {
  std::string bytes;
  bytes += static_cast<char>((last ? 0x80 : 0) | opcode);
  bytes += static_cast<char>(0x80 | payload.size());
  return bytes.append(4, '\0').append(payload);
}

Task<ByteStreamPtr> upgraded(const Site& site, std::string early = {}) {
  auto stream = co_await connect_to(site);
  (void)co_await write_all(*stream, std::string(kUpgrade) + early);
  auto head = co_await read_until(*stream, "\r\n\r\n");
  CHECK(status_of(head) == 101);
  CHECK(head.contains("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
  CHECK(head.contains("X-Extra: yes"));
  co_return stream;
}

Task<void> fragments(Executor executor) {
  ParrotSite parrot_site(executor);
  // A message in three parts with a ping between them, the first part together with the upgrade.
  auto stream = co_await upgraded(parrot_site.site, frame(1, "one ", false));
  (void)co_await write_all(*stream, frame(9, "ping") + frame(0, "two ", false));
  auto pong = co_await read_until(*stream, "ping");
  CHECK(pong == std::string("\x8a\x04") + "ping");
  (void)co_await write_all(*stream, frame(0, "three"));
  auto whole = co_await read_until(*stream, "three");
  CHECK(whole == std::string("\x81\x0d") + "one two three");
  (void)co_await write_all(*stream, frame(8, "\x03\xe8"));
  auto end = co_await read_to_end(*stream);
  CHECK(end.starts_with("\x88\x02\x03\xe8"));
  CHECK(co_await parrot_site.ended.wait() == Errc::canceled);
}

Task<void> violations(Executor executor) {
  std::string unmasked = "\x81\x02hi", reserved = frame(1, "x"),
              huge("\x82\xff\x00\x00\x00\x00\x40\x00\x00\x00\0\0\0\0", 14);
  reserved[0] = static_cast<char>(0xc1);
  for (const auto& bytes : {unmasked, reserved, huge, frame(1, "\xff\xfe"), frame(3, "x"), frame(0, "x")}) {
    ParrotSite parrot_site(executor);
    auto stream = co_await upgraded(parrot_site.site);
    (void)co_await write_all(*stream, bytes);
    auto end = co_await read_to_end(*stream);
    CHECK(end.starts_with("\x88"));
    CHECK(co_await parrot_site.ended.wait() != Errc::canceled);
  }
}

Task<void> improper(Executor executor) {
  ParrotSite parrot_site(executor);
  auto plain = co_await parrot_site.site.client->fetch({"GET", "/", {}});
  CHECK(plain->status == 426);
  auto refused =
      co_await connect_websocket(parrot_site.site.endpoint(), {"GET", "/", {{"Upgrade", "other"}}});
  CHECK(!refused.has_value());
  std::string no_key =
      "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: "
      "13\r\n\r\n";
  auto answer = co_await say(parrot_site.site, no_key);
  CHECK(status_of(answer) == 400);
}

constexpr WebSocketLimits kHasty{.ping_every = 10ms, .patience = 80ms, .handshake = 200ms, .close = 50ms};

Task<void> pings(Exchange& exchange, Ended& ended) {
  auto stream = co_await exchange.take_over({101, {}});
  (void)stream;
  auto request = exchange.request();
  int status = 0;
  auto socket = co_await accept_websocket_on(std::move(*stream), request, {}, status, kHasty);
  auto message = co_await (*socket)->read();
  ended.why = message ? Error{Errc::unknown, message->data} : message.error();
  ended.changed.notify_all();
}

Task<void> lost_peer(Executor executor) {
  Ended ended(executor);
  Site site(executor, [&](Exchange& exchange) { return pings(exchange, ended); });
  auto stream = co_await connect_to(site);
  (void)co_await write_all(*stream, kUpgrade);
  (void)co_await read_until(*stream, "\x89");
  CHECK(co_await ended.wait() == Errc::unavailable);
}

Task<void> answers_pings(Executor executor) {
  Ended ended(executor);
  Site site(executor, [&](Exchange& exchange) { return pings(exchange, ended); });
  auto stream = co_await connect_to(site);
  (void)co_await write_all(*stream, kUpgrade);
  auto end = std::chrono::steady_clock::now() + 300ms;
  while (std::chrono::steady_clock::now() < end) {
    (void)co_await read_until(*stream, std::string("\x89\0", 2));
    (void)co_await write_all(*stream, frame(10, ""));
  }
  (void)co_await write_all(*stream, frame(1, "still here"));
  CHECK(co_await ended.wait() == Errc::unknown);
  CHECK(ended.why->message == "still here");
}

Task<void> hurried(Exchange& exchange) {
  auto socket = co_await exchange.accept_websocket();
  REQUIRE(socket.has_value());
  auto none = co_await with_timeout(5ms, "a first message", (*socket)->read());
  CHECK(!none.has_value());
  CHECK((co_await (*socket)->write({true, "hurry"})).has_value());
  auto late = co_await with_timeout(5s, "a late message", (*socket)->read());
  CHECK(late->data == "late");
  auto nothing = co_await with_timeout(5ms, "another message", (*socket)->read());
  CHECK(!nothing.has_value());
  co_await (*socket)->close(1008, "too late");
}

Task<void> hurries(Executor executor) {
  Site site(executor, hurried);
  auto stream = co_await connect_to(site);
  (void)co_await write_all(*stream, kUpgrade);
  (void)co_await read_until(*stream, "hurry");
  (void)co_await write_all(*stream, frame(1, "late"));
  auto end = co_await read_until(*stream, "too late");
  CHECK(end == std::string("\x88\x0a\x03\xf0") + "too late");
  (void)co_await write_all(*stream, frame(8, "\x03\xf0"));
  auto nothing = co_await read_to_end(*stream);
  CHECK((nothing.empty() || nothing == "<reset>"));
}

Task<void> silent_server(Exchange& exchange) { co_await exchange.disconnected(); }

Task<void> no_handshake(Executor executor) {
  Site site(executor, silent_server);
  auto socket = co_await connect_websocket_with(site.endpoint(), {"GET", "/", {}}, kHasty);
  REQUIRE(!socket.has_value());
  CHECK(socket.error().code == Errc::deadline_exceeded);
}

Task<void> refuses(Exchange& exchange) { (void)co_await exchange.respond({403, {}, "no"}); }

Task<void> refused(Executor executor) {
  Site site(executor, refuses);
  auto socket = co_await connect_websocket(site.endpoint(), {"GET", "/", {}});
  REQUIRE(!socket.has_value());
  CHECK(socket.error().code == Errc::forbidden);
}

Task<void> shutting_down(Executor executor) {
  ParrotSite parrot_site(executor);
  auto socket = co_await connect_websocket(parrot_site.site.endpoint(), {"GET", "/", {}});
  co_await parrot_site.site.server->shut_down(10ms);
  CHECK(parrot_site.site.server->connections() == 0);
  auto end = co_await (*socket)->read();
  CHECK(!end.has_value());
}

}  // namespace

TEST_CASE("messages of all sizes and both kinds come back") { run(parrots); }
TEST_CASE("a broken connection is told from a proper end") { run(breaks); }
TEST_CASE("fragments make one message, and pings between them are answered") { run(fragments); }
TEST_CASE("violations of the protocol end the connection") { run(violations); }
TEST_CASE("only a proper upgrade becomes a WebSocket") { run(improper); }
TEST_CASE("a peer that answers no ping is dropped") { run(lost_peer); }
TEST_CASE("a peer that answers pings stays") { run(answers_pings); }
TEST_CASE("a read that was given up loses nothing") { run(hurries); }
TEST_CASE("a server that never answers the upgrade ends in a timeout") { run(no_handshake); }
TEST_CASE("a refused upgrade says why") { run(refused); }
TEST_CASE("shutting down ends WebSockets") { run(shutting_down); }
