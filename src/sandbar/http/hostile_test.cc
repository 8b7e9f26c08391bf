// SPDX-License-Identifier: Apache-2.0
#include <random>

#include "sandbar/http/decoder.h"
#include "sandbar/http/test_support.h"

// What a client may do to hurt: nothing of it may crash the server, hold it for longer than the limits say,
// or make it read a message otherwise than its neighbour would.

using namespace sandbar;
using namespace sandbar::http;
using namespace sandbar::http::test;

namespace {

struct Hostile {
  std::string_view name;
  std::string_view bytes;
  int status;
};

using namespace std::string_view_literals;
constexpr Hostile kHostile[] = {
    {"length and encoding",
     "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
    {"encoding and length",
     "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n", 400},
    {"two lengths", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcde", 400},
    {"the same length twice",
     "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nContent-Length: 4\r\n\r\nabcd", 400},
    {"a list of lengths", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4, 4\r\n\r\nabcd", 400},
    {"negative length", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 400},
    {"signed length", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +4\r\n\r\nabcd", 400},
    {"hex length", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0x4\r\n\r\nabcd", 400},
    {"empty length", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: \r\n\r\nabcd", 400},
    {"overflowing length", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 18446744073709551617\r\n\r\n", 400},
    {"unknown encoding", "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 400},
    {"encoding after chunked",
     "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", 400},
    {"encoding before chunked",
     "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 400},
    {"chunked twice",
     "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: "
     "chunked\r\n\r\n0\r\n\r\n",
     400},
    {"encoding with a tail", "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\x0b\r\n\r\n0\r\n\r\n",
     400},
    {"encoding in HTTP/1.0", "POST / HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
     400},
    {"space before the colon", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length : 4\r\n\r\nabcd", 400},
    {"space before the name", "POST / HTTP/1.1\r\n Host: x\r\n\r\n", 400},
    {"a folded encoding", "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
     400},
    {"a folded field", "GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n\tc\r\n\r\n", 400},
    {"line feed only", "GET / HTTP/1.1\nHost: x\n\n", 400},
    {"carriage return in a value", "GET / HTTP/1.1\r\nHost: x\r\nA: b\rContent-Length: 4\r\n\r\n", 400},
    {"zero byte in a value", "GET / HTTP/1.1\r\nHost: x\r\nA: b\0c\r\n\r\n"sv, 400},
    {"zero byte in the target", "GET /\0 HTTP/1.1\r\nHost: x\r\n\r\n"sv, 400},
    {"no host", "GET / HTTP/1.1\r\n\r\n", 400},
    {"two hosts", "GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400},
    {"empty target", "GET  HTTP/1.1\r\nHost: x\r\n\r\n", 400},
    {"HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400},
    {"HTTP/9", "GET / HTTP/9.9\r\nHost: x\r\n\r\n", 400},
    {"no version", "GET /\r\n\r\n", 400},
    {"a TLS hello", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"sv, 400},
    {"chunk size no number",
     "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\nabc\r\n0\r\n\r\n", 400},
    {"chunk size negative",
     "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\nabc\r\n0\r\n\r\n", 400},
    {"chunk size too large",
     "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nabc\r\n0\r\n\r\n",
     400},
    {"chunk longer than said",
     "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n", 400},
    {"chunk size with a space",
     "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3 x\r\nabc\r\n0\r\n\r\n", 400},
    {"trailer without a colon",
     "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nnonsense\r\n\r\n", 400},
};

constexpr ServerLimits kHasty{.head = 80ms, .keep_alive = 80ms, .body_idle = 80ms, .write_idle = 80ms};

// Behind each comes a second request, which must not be answered: after a refusal nothing is read as HTTP any
// more.
Task<void> refused(Executor executor) {
  Site site(executor, echo);
  for (const auto& [name, bytes, status] : kHostile) {
    INFO(name);
    auto answer = co_await say(site, std::string(bytes) + "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(status_of(answer) == status);
    CHECK(answer.contains("Connection: close"));
    CHECK(!answer.contains("/smuggled"));
  }
}

Task<void> oversized(Executor executor) {
  Site site(executor, echo, {.max_head_bytes = 4096});
  auto one_field =
      co_await say(site, "GET / HTTP/1.1\r\nHost: x\r\nA: " + std::string(5000, 'a') + "\r\n\r\n");
  CHECK(status_of(one_field) == 431);
  std::string many = "GET / HTTP/1.1\r\nHost: x\r\n";
  for (int i = 0; i < 1000; ++i) many += fmt::format("A{}: b\r\n", i);
  auto many_fields = co_await say(site, many + "\r\n");
  CHECK(status_of(many_fields) == 431);
  auto target = co_await say(site, "GET /" + std::string(100'000, 'a') + " HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(status_of(target) == 431);
  auto fits = co_await say(
      site, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nA: " + std::string(3900, 'a') + "\r\n\r\n");
  CHECK(status_of(fits) == 200);
}

// Field after field, each complete, and never an end.
Task<void> endless_head(Executor executor) {
  Site site(executor, echo, {.head = 10s, .keep_alive = 80ms});
  auto stream = co_await connect_to(site);
  (void)co_await write_all(*stream, "GET / HTTP/1.1\r\nHost: x\r\n");
  auto begin = std::chrono::steady_clock::now();
  for (Result<void> sent = {}; sent && std::chrono::steady_clock::now() < begin + 10s;) {
    sent = co_await write_all(*stream, "A: b\r\n");
    co_await boost::asio::post(executor, boost::asio::deferred);
  }
  CHECK(std::chrono::steady_clock::now() < begin + 5s);
  auto answer = co_await read_to_end(*stream);
  CHECK((status_of(answer) == 431 || answer == "<reset>"));
}

Task<void> endless_chunk_line(Executor executor) {
  Site site(executor, echo);
  auto answer = co_await say(
      site, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3;" + std::string(200'000, 'a'));
  CHECK(status_of(answer) == 400);
  auto trailers =
      co_await say(site, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: " +
                             std::string(200'000, 'a'));
  CHECK(status_of(trailers) == 400);
}

Task<void> too_large(Executor executor) {
  Site site(executor, echo);
  auto answer = co_await say(
      site, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000\r\n\r\n" + std::string(1'500'000, 'x'));
  CHECK(status_of(answer) == 413);
}

Task<void> slow_head(Executor executor) {
  Site site(executor, echo, kHasty);
  auto half = co_await say(site, "GET / HTTP/1.1\r\nHos");
  CHECK(status_of(half) == 408);
  // Bytes that drip do not buy more time.
  auto stream = co_await connect_to(site);
  auto begin = std::chrono::steady_clock::now();
  for (Result<void> sent = {}; sent && std::chrono::steady_clock::now() < begin + 5s;) {
    sent = co_await write_all(*stream, "x");
    co_await sleep_for(5ms);
  }
  CHECK(std::chrono::steady_clock::now() < begin + 4s);
}

Task<void> silent(Executor executor) {
  Site site(executor, echo, kHasty);
  auto nothing = co_await say(site, "");
  CHECK(nothing.empty());
  auto after_one = co_await say(site, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(status_of(after_one) == 200);
  CHECK(after_one.ends_with("GET / "));
}

Task<void> slow_body(Executor executor) {
  Site site(executor, echo, kHasty);
  auto half = co_await say(site, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc");
  CHECK(status_of(half) == 408);
  auto chunk = co_await say(site, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc");
  CHECK(status_of(chunk) == 408);
}

struct Outcome {
  std::optional<Errc> code;
  Event changed;
  explicit Outcome(Executor e) : changed(e) {}
};

Task<void> read_it(Exchange& exchange, Outcome& outcome) {
  auto body = co_await exchange.read_all(1 << 20);
  if (!body) outcome.code = body.error().code;
  outcome.changed.notify_all();
}

Task<void> half_body(Executor executor) {
  Outcome outcome(executor);
  Site site(executor, [&](Exchange& exchange) { return read_it(exchange, outcome); });
  auto stream = co_await connect_to(site);
  (void)co_await write_all(*stream, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc");
  stream->close();
  while (!outcome.code) co_await outcome.changed.wait();
  CHECK(*outcome.code == Errc::canceled);
}

Task<void> write_much(Exchange& exchange, Outcome& outcome) {
  (void)co_await exchange.start({200, {}});
  std::string piece(100'000, 'x');
  for (Result<void> sent = {}; sent;) {
    sent = co_await exchange.write(piece);
    if (!sent) outcome.code = sent.error().code;
  }
  outcome.changed.notify_all();
}

Task<void> never_reads(Executor executor) {
  Outcome outcome(executor);
  Site site(executor, [&](Exchange& exchange) { return write_much(exchange, outcome); }, kHasty);
  auto stream = co_await connect_to(site);
  (void)co_await write_all(*stream, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  while (!outcome.code) co_await outcome.changed.wait();
  CHECK(*outcome.code == Errc::canceled);
}

Task<void> too_many(Executor executor) {
  Site site(executor, echo, {.max_connections = 2});
  auto one = co_await connect_to(site), two = co_await connect_to(site);
  (void)co_await write_all(*two, "GET /two HTTP/1.1\r\nHost: x\r\n\r\n");
  auto answer = co_await read_until(*two, "/two ");
  CHECK(status_of(answer) == 200);
  auto third = co_await connect_to(site);
  auto nothing = co_await read_to_end(*third);
  CHECK((nothing.empty() || nothing == "<reset>"));
  CHECK(site.server->connections() == 2);
}

// Pieces of real requests glued together at random, so that the bytes come deep into the parser.
std::string random_request(std::mt19937& random) {
  static constexpr std::string_view kPieces[] = {
      "GET ",
      "POST ",
      "/",
      "/a?b",
      " HTTP/1.1\r\n",
      " HTTP/1.0\r\n",
      "Host: x\r\n",
      "Content-Length: 5\r\n",
      "\r\n",
      "Transfer-Encoding: chunked\r\n",
      "Connection: close\r\n",
      "Expect: 100-continue\r\n",
      "5\r\nabcde\r\n",
      "0\r\n\r\n",
      "0\r\n",
      "5;a=\"b\"\r\n",
      "abcde",
      "\r",
      "\n",
      "\0"sv,
      ":",
      " ",
      "\xff",
      "Upgrade: websocket\r\nConnection: upgrade\r\n",
      "POST / HTTP/1.1\r\nHost: x\r\n",
      "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"};
  std::string bytes;
  auto count = random() % 12;
  for (unsigned i = 0; i < count; ++i) {
    if (random() % 4 == 0) {
      bytes += static_cast<char>(random());
    } else {
      bytes += kPieces[random() % std::size(kPieces)];
    }
  }
  return bytes;
}

Task<void> say_and_leave(const Site& site, std::string bytes, bool politely) {
  auto stream = co_await connect_to(site);
  (void)co_await write_all(*stream, bytes);
  if (politely) co_await stream->shut_down();
  if (politely) (void)co_await read_to_end(*stream);
  stream->close();
}

Task<void> random_bytes_to_server(Executor executor) {
  Site site(executor, echo, kHasty);
  std::mt19937 random(4711);
  for (int i = 0; i < 1500; ++i) {
    auto bytes = random_request(random);
    INFO(bytes);
    co_await say_and_leave(site, bytes, i % 2 == 0);
  }
  auto still_well = co_await site.client->fetch({"GET", "/well", {}});
  REQUIRE(still_well.has_value());
  CHECK(still_well->body == "GET /well ");
}

// All messages in `bytes`, which come in pieces of the given size, as far as they can be read.
std::string decode_in_pieces(std::string_view bytes, std::size_t piece) {
  MessageDecoder decoder(MessageKind::request, 512);
  ReadBuffer buffer(1024);
  std::string text;
  bool in_body = false;
  char into[7];
  for (;;) {
    std::size_t got = 0;
    auto parsed = in_body ? decoder.body(buffer, into, got) : decoder.head(buffer);
    text.append(into, got);
    if (parsed == Parsed::malformed || parsed == Parsed::too_large) return text;
    if (parsed == Parsed::complete) {
      if (!in_body) text += fmt::format("<{} {}>", decoder.message().method, decoder.message().target);
      if (in_body) decoder.begin();
      in_body = !in_body;
    } else if (got == 0) {
      if (bytes.empty()) return text;
      auto room = buffer.room();
      auto n = bytes.copy(room.data(), std::min(piece, room.size()));
      buffer.commit(n);
      bytes.remove_prefix(n);
    }
  }
}

}  // namespace

TEST_CASE("requests that two servers could read differently are refused") { run(refused); }
TEST_CASE("an oversized head is refused with 431") { run(oversized); }
TEST_CASE("a head without end is cut off") { run(endless_head); }
TEST_CASE("a chunk's line or a trailer without end is refused") { run(endless_chunk_line); }
TEST_CASE("a body beyond the limit is refused while it still comes") { run(too_large); }
TEST_CASE("a head that comes too slowly is answered with 408") { run(slow_head); }
TEST_CASE("a silent connection is closed without a word") { run(silent); }
TEST_CASE("a body that stalls is answered with 408") { run(slow_body); }
TEST_CASE("a handler learns that a body was cut") { run(half_body); }
TEST_CASE("a client that never reads is dropped") { run(never_reads); }
TEST_CASE("connections beyond the limit are closed at once") { run(too_many); }
TEST_CASE("random bytes never harm the server") { run(random_bytes_to_server); }
TEST_CASE("messages read the same however they are cut into pieces") {
  std::mt19937 random(815);
  for (int i = 0; i < 3000; ++i) {
    auto bytes = random_request(random) + random_request(random);
    INFO(bytes);
    auto whole = decode_in_pieces(bytes, 1024);
    CHECK(decode_in_pieces(bytes, 1) == whole);
    CHECK(decode_in_pieces(bytes, 3) == whole);
  }
}
