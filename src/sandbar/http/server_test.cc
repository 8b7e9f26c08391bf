// SPDX-License-Identifier: Apache-2.0
#include "sandbar/http/test_support.h"

using namespace sandbar;
using namespace sandbar::http;
using namespace sandbar::http::test;

namespace {

Task<void> answers(Executor executor) {
  Site site(executor, echo);
  auto answer = co_await site.client->fetch({"POST", "/a?b=c", {}}, "hello");
  REQUIRE(answer.has_value());
  CHECK(answer->status == 200);
  CHECK(answer->body == "POST /a?b=c hello");
  CHECK(answer->headers.get("content-type") == "text/plain");
  CHECK(answer->headers.has("Date"));
}

Task<void> pipelined(Executor executor) {
  Site site(executor, echo);
  auto answers = co_await say(site,
                              "POST /1 HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"
                              "GET /2 HTTP/1.1\r\nHost: x\r\n\r\n\r\n"
                              "POST /3 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                              "2\r\nde\r\n1;x=y\r\nf\r\n0\r\nTrailer: t\r\n\r\n"
                              "GET /4 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  auto first = answers.find("POST /1 abc"), second = answers.find("GET /2 "),
       third = answers.find("POST /3 def"), fourth = answers.find("GET /4 ");
  CHECK(fourth != std::string::npos);
  CHECK(first < second);
  CHECK(second < third);
  CHECK(third < fourth);
  CHECK(!answers.ends_with("<reset>"));
}

Task<void> in_single_bytes(Executor executor) {
  Site site(executor, echo);
  auto stream = co_await connect_to(site);
  std::string request =
      "POST /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n";
  for (char c : request) {
    (void)co_await stream->write_some({&c, 1});
    co_await boost::asio::post(executor, boost::asio::deferred);
  }
  auto answer = co_await read_to_end(*stream);
  CHECK(answer.ends_with("POST /x abcdefg"));
}

Task<void> without_answer(Exchange&) { co_return; }
Task<void> throws(Exchange&) {
  throw std::runtime_error("broken");
  co_return;
}

Task<void> forgetful(Executor executor) {
  for (Handler handler : {Handler(without_answer), Handler(throws)}) {
    Site site(executor, handler);
    auto answer = co_await say(site, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(status_of(answer) == 500);
    CHECK(answer.contains("Connection: close"));
  }
}

Task<void> streams(Exchange& exchange) {
  (void)co_await exchange.start({200, {}});
  for (auto piece : {"one", "two", "three"}) (void)co_await exchange.write(piece);
  (void)co_await exchange.finish();
}

Task<void> streaming(Executor executor) {
  Site site(executor, streams);
  auto modern = co_await say(site, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  CHECK(modern.ends_with("\r\n\r\n3\r\none\r\n3\r\ntwo\r\n5\r\nthree\r\n0\r\n\r\n"));
  auto old = co_await say(site, "GET / HTTP/1.0\r\n\r\n");
  CHECK(old.ends_with("\r\n\r\nonetwothree"));
  CHECK(!old.contains("chunked"));
  auto head = co_await say(site, "HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  CHECK(status_of(head) == 200);
  CHECK(head.ends_with("\r\n\r\n"));
  auto fetched = co_await site.client->fetch({"GET", "/", {}});
  CHECK(fetched->body == "onetwothree");
}

Task<void> sized(Exchange& exchange) {
  bool more = exchange.request().target == "/more";
  (void)co_await exchange.start({200, {{"Content-Length", "5"}}});
  auto first = co_await exchange.write("abc");
  CHECK(first.has_value());
  auto second = co_await exchange.write(more ? "defgh" : "de");
  CHECK(second.has_value() == !more);
  auto end = co_await exchange.finish();
  CHECK(end.has_value() == !more);
}

Task<void> lengths(Executor executor) {
  Site site(executor, sized);
  auto right = co_await say(site, "GET /right HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  CHECK(right.ends_with("Content-Length: 5\r\nConnection: close\r\n\r\nabcde"));
  auto more = co_await say(site, "GET /more HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(more.ends_with("<reset>"));
}

Task<void> empty_answer(Exchange& exchange) {
  int status = std::stoi(exchange.request().target.substr(1));
  (void)co_await exchange.respond({status, {}, status == 200 ? "body" : ""});
}

Task<void> bodiless(Executor executor) {
  Site site(executor, empty_answer);
  auto none = co_await say(site, "GET /204 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  CHECK(!none.contains("Content-Length"));
  auto head = co_await say(site, "HEAD /200 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  CHECK(head.contains("Content-Length: 4\r\n"));
  CHECK(head.ends_with("\r\n\r\n"));
  auto through_client = co_await site.client->fetch({"HEAD", "/200", {}});
  CHECK(through_client->body.empty());
  auto again = co_await site.client->fetch({"GET", "/200", {}});
  CHECK(again->body == "body");
}

Task<void> forges(Exchange& exchange) {
  auto sent = co_await exchange.respond({200, {{"X-Name", "a\r\nSet-Cookie: b"}}, {}});
  CHECK(!sent.has_value());
}

Task<void> forging(Executor executor) {
  Site site(executor, forges);
  auto answer = co_await say(site, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  CHECK(status_of(answer) == 500);
  CHECK(!answer.contains("Set-Cookie"));
}

Task<void> continues(Executor executor) {
  Site site(executor, echo);
  auto stream = co_await connect_to(site);
  (void)co_await write_all(*stream,
                           "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n"
                           "Connection: close\r\n\r\n");
  auto go_on = co_await read_until(*stream, "\r\n\r\n");
  CHECK(go_on == "HTTP/1.1 100 Continue\r\n\r\n");
  (void)co_await write_all(*stream, "abc");
  auto answer = co_await read_to_end(*stream);
  CHECK(answer.ends_with("POST / abc"));
}

Task<void> refuses(Exchange& exchange) { (void)co_await exchange.respond({403, {}, "no"}); }

Task<void> refused_early(Executor executor) {
  Site site(executor, refuses);
  auto unread =
      co_await say(site, "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
  CHECK(status_of(unread) == 403);
  CHECK(unread.contains("Connection: close"));
  // A short body that nobody read is skipped, and the connection goes on.
  auto two = co_await say(site,
                          "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"
                          "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  CHECK(two.find("403", two.find("no")) != std::string::npos);
  // A long one is not.
  auto answer = co_await site.client->fetch({"POST", "/", {}}, std::string(8 << 20, 'x'));
  REQUIRE(answer.has_value());
  CHECK(answer->status == 403);
}

Task<void> breaks_off(Exchange& exchange) {
  (void)co_await exchange.start({200, {}});
  (void)co_await exchange.write("half");
  exchange.abort();
}

Task<void> breaking_off(Executor executor) {
  Site site(executor, breaks_off);
  auto answer = co_await say(site, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(answer.ends_with("<reset>"));
  CHECK(!answer.contains("0\r\n\r\n"));
  auto fetched = co_await site.client->fetch({"GET", "/", {}});
  CHECK(!fetched.has_value());
}

struct Watched {
  bool gone = false;
  Event changed;
  explicit Watched(Executor e) : changed(e) {}
};

Task<void> wait_for_end(Exchange& exchange, Watched& watched) {
  (void)co_await exchange.start({200, {}});
  co_await exchange.disconnected();
  watched.gone = true;
  watched.changed.notify_all();
}

Task<void> leaving(Executor executor) {
  Watched watched(executor);
  Site site(executor, [&](Exchange& exchange) { return wait_for_end(exchange, watched); });
  auto stream = co_await connect_to(site);
  (void)co_await write_all(*stream, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  (void)co_await read_until(*stream, "\r\n\r\n");
  CHECK(!watched.gone);
  stream->close();
  while (!watched.gone) co_await watched.changed.wait();
}

Task<Result<void>> end_after(Exchange& exchange) {
  co_await exchange.disconnected();
  co_return Result<void>{};
}

// Watches for the client's end while it works, then answers: the usual shape of a long poll.
Task<void> polled(Exchange& exchange) {
  auto gone = co_await with_timeout(5ms, "waiting", end_after(exchange));
  CHECK(!gone.has_value());
  (void)co_await exchange.respond({200, {}, exchange.request().target});
}

Task<void> polling(Executor executor) {
  Site site(executor, polled);
  auto stream = co_await connect_to(site);
  (void)co_await write_all(*stream, "GET /1 HTTP/1.1\r\nHost: x\r\n\r\n");
  (void)co_await read_until(*stream, "/1");
  (void)co_await write_all(
      *stream, "GET /2 HTTP/1.1\r\nHost: x\r\n\r\nGET /3 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  auto rest = co_await read_to_end(*stream);
  CHECK(rest.contains("/2"));
  CHECK(rest.ends_with("/3"));
}

Task<void> upgrade(Exchange& exchange) {
  auto stream = co_await exchange.take_over({101, {{"Connection", "Upgrade"}, {"Upgrade", "shout"}}});
  REQUIRE(stream.has_value());
  CHECK(exchange.status() == 101);
  char piece[64];
  for (;;) {
    auto n = co_await (*stream)->read_some(piece);
    if (n.value_or(0) == 0) break;
    for (auto& c : std::span(piece, *n)) c = static_cast<char>(std::toupper(c));
    (void)co_await write_all(**stream, {piece, *n});
  }
  co_await (*stream)->shut_down();
}

Task<void> upgrading(Executor executor) {
  Site site(executor, upgrade);
  auto stream = co_await connect_to(site);
  (void)co_await write_all(*stream,
                           "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: shout\r\n\r\nearly");
  auto head = co_await read_until(*stream, "\r\n\r\n");
  CHECK(status_of(head) == 101);
  CHECK(head.contains("Connection: Upgrade\r\n"));
  auto early = co_await read_until(*stream, "EARLY");
  CHECK(early == "EARLY");

  auto response = co_await site.client->send({"GET", "/", {{"Connection", "Upgrade"}, {"Upgrade", "shout"}}});
  REQUIRE(response.has_value());
  REQUIRE((*response)->head().status == 101);
  auto taken = (*response)->take_over();
  (void)co_await write_all(**taken, "late");
  auto late = co_await read_until(**taken, "LATE");
  CHECK(late == "LATE");
}

Task<void> on_unix_socket(Executor executor) {
  auto path = fmt::format("/tmp/sandbar-http-test-{}.sock", ::getpid());
  auto server = make_server(executor, echo);
  REQUIRE(server->listen("unix:" + path, false).has_value());
  auto second = make_server(executor, echo);
  CHECK(!second->listen("unix:" + path, false).has_value());
  auto client = make_client(executor, *endpoint_of_url("unix:" + path));
  auto answer = co_await client->fetch({"GET", "/u", {}});
  CHECK(answer->body == "GET /u ");
  co_await server->shut_down(0ms);
  CHECK(::access(path.c_str(), F_OK) != 0);
}

Task<void> addresses(Executor executor) {
  auto server = make_server(executor, echo);
  CHECK(!server->listen("nonsense", false).has_value());
  CHECK(!server->listen("1.2.3.4.5:80", false).has_value());
  CHECK(!server->listen("127.0.0.1:99999", false).has_value());
  REQUIRE(server->listen(":0", true).has_value());
  auto twin = make_server(executor, echo);
  CHECK(twin->listen(fmt::format(":{}", server->port()), true).has_value());
  auto client = make_client(executor, *endpoint_of_url(fmt::format("http://localhost:{}", server->port())));
  auto answer = co_await client->fetch({"GET", "/any", {}});
  CHECK(answer->body == "GET /any ");
}

Task<void> absolute(Executor executor) {
  Site site(executor, echo);
  auto answer =
      co_await say(site, "GET http://example.org/p?q HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  CHECK(answer.ends_with("GET /p?q "));
}

}  // namespace

TEST_CASE("a request gets its answer") { run(answers); }
TEST_CASE("pipelined requests are answered in order") { run(pipelined); }
TEST_CASE("a request that comes byte by byte is understood") { run(in_single_bytes); }
TEST_CASE("a handler that answers nothing or throws makes a 500") { run(forgetful); }
TEST_CASE("an answer streams in chunks, and as it is to HTTP/1.0") { run(streaming); }
TEST_CASE("a declared length is kept, and breaking it breaks the connection") { run(lengths); }
TEST_CASE("answers that must have no body have none") { run(bodiless); }
TEST_CASE("a header value cannot forge a header") { run(forging); }
TEST_CASE("100 Continue is sent when the handler wants the body") { run(continues); }
TEST_CASE("an unread body does not confuse the connection") { run(refused_early); }
TEST_CASE("abort resets the connection without an end of the body") { run(breaking_off); }
TEST_CASE("a handler learns that its client has gone") { run(leaving); }
TEST_CASE("watching for the client's end loses no pipelined request") { run(polling); }
TEST_CASE("a connection can be taken over, early bytes included") { run(upgrading); }
TEST_CASE("a server listens on a unix socket and removes it") { run(on_unix_socket); }
TEST_CASE("addresses are checked, and two servers may share a port") { run(addresses); }
TEST_CASE("an absolute target is reduced to its path") { run(absolute); }
