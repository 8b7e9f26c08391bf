// SPDX-License-Identifier: Apache-2.0
#include "sandbar/http/forward.h"

#include "sandbar/http/proxy_parts.h"
#include "sandbar/http/test_proxy.h"

using namespace sandbar;
using namespace sandbar::http;
using namespace sandbar::http::test;

namespace {

constexpr auto kChunked =
    "POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n";

Task<void> echo_with_trailers(Exchange& exchange) {
  auto body = co_await exchange.read_all(1 << 20);
  auto* proxy = proxy_part(exchange);
  std::string seen(proxy->trailers().get("X-Sum"));
  (void)co_await exchange.start({200, {{"Trailer", "X-Seen"}}});
  (void)co_await exchange.write(body.value_or(""));
  proxy->set_trailers({{"X-Seen", seen}, {"Content-Length", "7"}, {"X-Bad", "a\r\nb: c"}});
  (void)co_await exchange.finish();
}

Task<void> trailers_pass(Executor executor) {
  Proxied site(executor, echo_with_trailers);
  auto answer =
      co_await say(site.outer, std::string(kChunked) + "\r\n3\r\nabc\r\n0\r\nX-Sum: 900150983cd2\r\n\r\n");
  CHECK(status_of(answer) == 200);
  CHECK(answer.contains("abc\r\n0\r\nX-Seen: 900150983cd2\r\n\r\n"));
  CHECK(!answer.contains("Content-Length: 7"));
  CHECK(!answer.contains("b: c"));
}

Task<void> refuse_unread(Exchange& exchange) { (void)co_await exchange.respond({413, {}, "too much"}); }

Task<void> asks_before_sending(Executor executor) {
  Proxied picky(executor, refuse_unread);
  std::string head = "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n";
  auto refused = co_await say(picky.outer, head);
  CHECK(status_of(refused) == 413);
  CHECK(!refused.contains("100 Continue"));
  Proxied willing(executor, echo);
  auto stream = co_await connect_to(willing.outer);
  (void)co_await write_all(*stream, head);
  CHECK((co_await read_until(*stream, "\r\n\r\n")) == "HTTP/1.1 100 Continue\r\n\r\n");
  (void)co_await write_all(*stream, "hello");
  CHECK((co_await read_until(*stream, "hello")).contains("HTTP/1.1 200 OK"));
}

Task<void> answer_bodiless(Exchange& exchange) {
  auto target = exchange.request().target;
  int status = target == "/204" ? 204 : target == "/304" ? 304 : 200;
  (void)co_await exchange.respond({status, {{"ETag", "\"a\""}}, "four"});
}

Task<void> no_bodies_where_none_belong(Executor executor) {
  Proxied site(executor, answer_bodiless);
  auto ask = [&](std::string line) {
    return say(site.outer, line + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  };
  auto head = co_await ask("HEAD /");
  CHECK(head.contains("Content-Length: 4\r\n"));
  CHECK(head.ends_with("\r\n\r\n"));
  auto empty = co_await ask("GET /204");
  CHECK(status_of(empty) == 204);
  CHECK(!empty.contains("Content-Length"));
  CHECK(!empty.contains("Transfer-Encoding"));
  auto unchanged = co_await ask("GET /304");
  CHECK(status_of(unchanged) == 304);
  CHECK(unchanged.ends_with("\r\n\r\n"));
  CHECK((co_await ask("GET /")).ends_with("\r\n\r\nfour"));
}

struct Said {
  std::string bytes;
  int status;  // that the client gets
  std::string_view ends;
};

// Servers in sandboxes are as bad as they like.
Task<void> bad_answers(Executor executor) {
  std::vector<Said> cases{
      {"HTTP/1.0 200 OK\r\n\r\nuntil the end", 200, "0\r\n\r\n"},
      {"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\nraw", 502, "there"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 502, "there"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcde", 502, "there"},
      {"HTTP/1.1 200 OK\r\nX: a\nContent-Length: 0\r\n\r\n", 502, "there"},
      {"nonsense\r\n\r\n", 502, "there"},
      {"", 502, "there"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", 200, "<reset>"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n", 200, "<reset>"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\nxyz\r\n", 200, "<reset>"},
      {"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 200,
       "ok"},
  };
  for (const auto& [bytes, status, ends] : cases) {
    CAPTURE(bytes);
    Parrot parrot(executor, bytes);
    auto client = make_client(executor, parrot.endpoint());
    Site outer(executor, [&](Exchange& exchange) { return pass(exchange, *client, {}); });
    auto answer = co_await say(outer, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    CHECK(status_of(answer) == status);
    CHECK_MESSAGE(answer.ends_with(ends), answer);
    CHECK(!answer.contains("raw"));
  }
}

Task<void> hop_by_hop(Executor executor) {
  Parrot parrot(
      executor,
      "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nKeep-Alive: timeout=9\r\nProxy-Authenticate: x\r\n\r\n");
  auto client = make_client(executor, parrot.endpoint());
  Site outer(executor, [&](Exchange& exchange) { return pass(exchange, *client, {}); });
  auto answer =
      co_await say(outer,
                   "GET /a%20b?c HTTP/1.1\r\nHost: Some.Name:81\r\nConnection: close, X-Hop\r\nX-Hop: "
                   "1\r\nKeep-Alive: 5\r\nTE: trailers, gzip\r\nProxy-Authorization: me\r\nX-End: 2\r\n\r\n");
  CHECK(status_of(answer) == 200);
  CHECK(!answer.contains("timeout=9"));
  CHECK(!answer.contains("Proxy-Authenticate"));
  CHECK(parrot.heard.starts_with("GET /a%20b?c HTTP/1.1\r\nHost: Some.Name:81\r\n"));
  CHECK(parrot.heard.contains("X-End: 2\r\n"));
  CHECK(parrot.heard.contains("TE: trailers\r\n"));
  for (auto gone : {"X-Hop", "Keep-Alive", "gzip", "Proxy-Authorization", "Connection"})
    CHECK_MESSAGE(!parrot.heard.contains(gone), parrot.heard);
}

}  // namespace

TEST_CASE("SB-9: trailers pass a proxy both ways, but for those that would change the message") {
  run(trailers_pass);
}
TEST_CASE("SB-9: a client that asks before it sends is answered by the server behind the proxy") {
  run(asks_before_sending);
}
TEST_CASE("SB-9: HEAD, 204 and 304 have no body behind a proxy either") { run(no_bodies_where_none_belong); }
TEST_CASE("SB-9: a bad or cut answer of a server never becomes a good one") { run(bad_answers); }
TEST_CASE("SB-9: what concerns one connection stays on it") { run(hop_by_hop); }
