// SPDX-License-Identifier: Apache-2.0
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <fstream>

#include "sandbar/http/test_support.h"

using namespace sandbar;
using namespace sandbar::http;
using namespace sandbar::http::test;

namespace {

Task<void> one_after_another(Executor executor) {
  Site site(executor, echo);
  for (int i = 0; i < 5; ++i) {
    auto answer = co_await site.client->fetch({"GET", fmt::format("/{}", i), {}});
    REQUIRE(answer.has_value());
    CHECK(answer->body == fmt::format("GET /{} ", i));
  }
  CHECK(site.server->connections() == 1);
}

Task<void> fetch_one(Site& site, int number, int& done) {
  auto answer = co_await site.client->fetch({"PUT", "/", {}}, std::to_string(number));
  REQUIRE(answer.has_value());
  CHECK(answer->body == fmt::format("PUT / {}", number));
  ++done;
}

Task<void> at_once(Executor executor) {
  Site site(executor, echo);
  Supervisor tasks(executor);
  int done = 0;
  for (int i = 0; i < 100; ++i) tasks.spawn("fetch", fetch_one(site, i, done));
  co_await tasks.drained();
  CHECK(done == 100);
  CHECK(site.server->connections() <= 100);
}

// A server that answers one request per connection and then hangs up without having said so.
struct Rude {
  boost::asio::ip::tcp::acceptor acceptor;
  std::string answer;
  int accepted = 0;

  Rude(Executor e, std::string a)
      : acceptor(e, {boost::asio::ip::address_v4::loopback(), 0}), answer(std::move(a)) {}
  std::string url() const { return fmt::format("http://127.0.0.1:{}", acceptor.local_endpoint().port()); }
};

Task<void> be_rude(Rude& rude) {
  for (;;) {
    auto socket = co_await rude.acceptor.async_accept(boost::asio::deferred);
    ++rude.accepted;
    std::string request;
    co_await boost::asio::async_read_until(socket, boost::asio::dynamic_buffer(request), "\r\n\r\n",
                                           boost::asio::deferred);
    co_await boost::asio::async_write(socket, boost::asio::buffer(rude.answer), boost::asio::deferred);
  }
}

Task<void> reconnects(Executor executor) {
  Rude rude(executor, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  Supervisor tasks(executor);
  tasks.spawn("rude server", be_rude(rude));
  auto client = make_client(executor, *endpoint_of_url(rude.url()));
  for (int i = 0; i < 4; ++i) {
    auto answer = co_await client->fetch({"POST", "/", {}}, "x");
    REQUIRE(answer.has_value());
    CHECK(answer->body == "ok");
  }
  CHECK(rude.accepted >= 4);
  co_await tasks.shut_down();
}

struct BrokenAnswer {
  std::string_view name, bytes;
};
constexpr BrokenAnswer kBroken[] = {
    {"nothing", ""},
    {"half a head", "HTTP/1.1 200 OK\r\nContent-"},
    {"no HTTP", "SSH-2.0-OpenSSH\r\n\r\n"},
    {"short body", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc"},
    {"short chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc"},
    {"no last chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"},
    {"bad chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n"},
    {"two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd"},
    {"length and encoding",
     "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
    {"too many interim answers",
     "HTTP/1.1 100 C\r\n\r\nHTTP/1.1 100 C\r\n\r\nHTTP/1.1 100 C\r\n\r\nHTTP/1.1 100 C\r\n\r\nHTTP/1.1 100 "
     "C\r\n\r\n"
     "HTTP/1.1 100 C\r\n\r\nHTTP/1.1 100 C\r\n\r\nHTTP/1.1 100 C\r\n\r\nHTTP/1.1 100 C\r\n\r\nHTTP/1.1 100 "
     "C\r\n\r\n"
     "HTTP/1.1 100 C\r\n\r\nHTTP/1.1 100 C\r\n\r\nHTTP/1.1 100 C\r\n\r\nHTTP/1.1 100 C\r\n\r\nHTTP/1.1 100 "
     "C\r\n\r\n"
     "HTTP/1.1 100 C\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"},
};

Task<void> broken_answers(Executor executor) {
  for (const auto& [name, bytes] : kBroken) {
    INFO(name);
    Rude rude(executor, std::string(bytes));
    Supervisor tasks(executor);
    tasks.spawn("rude server", be_rude(rude));
    auto client = make_client(executor, *endpoint_of_url(rude.url()));
    auto answer = co_await client->fetch({"GET", "/", {}});
    REQUIRE(!answer.has_value());
    CHECK(answer.error().code == Errc::unavailable);
    CHECK(rude.accepted == 1);
    co_await tasks.shut_down();
  }
}

Task<void> until_close(Executor executor) {
  Rude rude(executor, "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.0 200 OK\r\n\r\nall of it");
  Supervisor tasks(executor);
  tasks.spawn("rude server", be_rude(rude));
  auto client = make_client(executor, *endpoint_of_url(rude.url()));
  auto answer = co_await client->fetch({"GET", "/", {}});
  REQUIRE(answer.has_value());
  CHECK(answer->body == "all of it");
  CHECK(!answer->headers.has("Link"));
  co_await tasks.shut_down();
}

Task<void> hangs(Exchange& exchange) { co_await exchange.disconnected(); }
Task<void> hangs_in_body(Exchange& exchange) {
  (void)co_await exchange.start({200, {}});
  (void)co_await exchange.write("begin");
  co_await exchange.disconnected();
}

Task<void> impatient(Executor executor) {
  ClientLimits limits{.head = 40ms, .idle = 40ms};
  for (Handler handler : {Handler(hangs), Handler(hangs_in_body)}) {
    Site site(executor, handler);
    auto client = make_client(executor, site.endpoint(), limits);
    auto answer = co_await client->fetch({"GET", "/", {}});
    REQUIRE(!answer.has_value());
    CHECK(answer.error().code == Errc::deadline_exceeded);
  }
}

Task<void> nobody_there(Executor executor) {
  Site site(executor, echo);
  auto url = site.url();
  co_await site.server->shut_down(0ms);
  auto client = make_client(executor, *endpoint_of_url(url));
  auto answer = co_await client->fetch({"GET", "/", {}});
  REQUIRE(!answer.has_value());
  CHECK(answer.error().code == Errc::unavailable);
}

Task<void> closes_idle(Executor executor) {
  Site site(executor, echo);
  auto client = make_client(executor, site.endpoint(), {.keep_alive = 30ms});
  (void)co_await client->fetch({"GET", "/", {}});
  CHECK(site.server->connections() == 1);
  while (site.server->connections() > 0) co_await sleep_for(5ms);
  (void)co_await client->fetch({"GET", "/", {}});
  client->drop_idle();
  while (site.server->connections() > 0) co_await sleep_for(1ms);
}

Task<void> too_long(Executor executor) {
  Site site(executor, echo);
  auto answer = co_await site.client->fetch({"POST", "/", {}}, std::string(5000, 'x'), 1000);
  REQUIRE(!answer.has_value());
  CHECK(answer.error().code == Errc::too_large);
}

Task<void> in_pieces(Executor executor) {
  Site site(executor, echo);
  for (bool sized : {false, true}) {
    RequestHead head{"POST", "/", {}};
    if (sized) head.headers.add("Content-Length", "6");
    auto request = co_await site.client->start(head);
    REQUIRE(request.has_value());
    for (auto piece : {"ab", "cd", "ef"}) CHECK((co_await (*request)->write(piece)).has_value());
    auto response = co_await (*request)->finish();
    REQUIRE(response.has_value());
    auto body = co_await (*response)->read_all(100);
    CHECK(*body == "POST / abcdef");
  }
  CHECK(site.server->connections() == 1);
}

Task<void> dropped_request(Executor executor) {
  Site site(executor, echo);
  {
    auto request = co_await site.client->start({"POST", "/", {}});
    (void)co_await (*request)->write("half");
  }
  while (site.server->connections() > 0) co_await sleep_for(1ms);
}

Task<void> refuses(Exchange& exchange) { (void)co_await exchange.respond({403, {}, "no"}); }

Task<void> early_refusal(Executor executor) {
  Site site(executor, refuses);
  auto request = co_await site.client->start({"POST", "/", {}});
  std::string piece(100'000, 'x');
  for (int i = 0; i < 200; ++i) CHECK((co_await (*request)->write(piece)).has_value());
  auto response = co_await (*request)->finish();
  REQUIRE(response.has_value());
  CHECK((*response)->head().status == 403);
  auto body = co_await (*response)->read_all(100);
  CHECK(*body == "no");
}

Task<void> shout_back(Exchange& exchange) {
  (void)co_await exchange.start({200, {}});
  std::vector<char> piece(64 << 10);
  for (;;) {
    auto n = co_await exchange.read_some(piece);
    if (n.value_or(0) == 0) break;
    (void)co_await exchange.write({piece.data(), *n});
  }
  (void)co_await exchange.finish();
}

Task<void> count_answer(ClientRequest& request, std::size_t& total, std::size_t limit) {
  auto response = co_await request.response();
  REQUIRE(response.has_value());
  std::vector<char> piece(64 << 10);
  for (;;) {
    auto n = co_await (*response)->read_some(piece);
    REQUIRE(n.has_value());
    if (*n == 0) break;
    total += *n;
  }
  CHECK(total == limit);
}

std::size_t resident_bytes() {
  std::ifstream status("/proc/self/statm");
  std::size_t pages = 0;
  status >> pages >> pages;
  return pages * 4096;
}

// Both ways at once, through one connection, far more than any buffer holds.
Task<void> full_duplex(Executor executor) {
  constexpr std::size_t kTotal = 256 << 20;
  Site site(executor, shout_back);
  auto request = co_await site.client->start({"POST", "/", {}});
  REQUIRE(request.has_value());
  Supervisor tasks(executor);
  std::size_t answered = 0;
  tasks.spawn("read the answer", count_answer(**request, answered, kTotal));
  std::string piece(256 << 10, 'x');
  auto before = resident_bytes();
  for (std::size_t sent = 0; sent < kTotal; sent += piece.size()) {
    auto more = co_await (*request)->write(piece);
    REQUIRE(more.has_value());
  }
  CHECK((co_await (*request)->end()).has_value());
  co_await tasks.drained();
  CHECK(answered == kTotal);
  CHECK(resident_bytes() < before + (64 << 20));
}

Task<void> one_way(Exchange& exchange) {
  std::string piece(100'000, 'y');
  (void)co_await exchange.start({200, {{"Content-Length", std::to_string(piece.size() * 3000)}}});
  for (int i = 0; i < 3000; ++i) {
    auto sent = co_await exchange.write(piece);
    if (!sent) co_return;
  }
  (void)co_await exchange.finish();
}

Task<void> download(Executor executor) {
  Site site(executor, one_way);
  auto before = resident_bytes();
  auto response = co_await site.client->send({"GET", "/", {}});
  std::vector<char> piece(128 << 10);
  std::size_t total = 0;
  for (;;) {
    auto n = co_await (*response)->read_some(piece);
    REQUIRE(n.has_value());
    if (*n == 0) break;
    total += *n;
  }
  CHECK(total == 300'000'000);
  CHECK(resident_bytes() < before + (64 << 20));
}

Task<void> streams_until(Exchange& exchange, bool& ended) {
  (void)co_await exchange.start({200, {}});
  for (Result<void> sent = {}; sent;) {
    sent = co_await exchange.write("tick");
    co_await sleep_for(1ms);
  }
  ended = true;
}

Task<void> slowly(Exchange& exchange) {
  co_await sleep_for(30ms);
  (void)co_await exchange.respond({200, {}, "done"});
}

Task<void> fetch_into(Client& client, std::string& body) {
  auto answer = co_await client.fetch({"GET", "/", {}});
  body = answer ? answer->body : "failed";
}

Task<void> graceful(Executor executor) {
  Site site(executor, slowly);
  auto idle = co_await connect_to(site);
  Supervisor tasks(executor);
  std::string body;
  tasks.spawn("fetch", fetch_into(*site.client, body));
  while (site.server->connections() < 2) co_await sleep_for(1ms);
  co_await sleep_for(5ms);
  co_await site.server->shut_down(5s);
  CHECK(site.server->connections() == 0);
  auto nothing = co_await read_to_end(*idle);
  CHECK(nothing.empty());
  co_await tasks.drained();
  CHECK(body == "done");
}

Task<void> while_streaming(Executor executor) {
  bool ended = false;
  Site site(executor, [&](Exchange& exchange) { return streams_until(exchange, ended); });
  auto response = co_await site.client->send({"GET", "/", {}});
  char piece[64];
  (void)co_await (*response)->read_some(piece);
  auto begin = std::chrono::steady_clock::now();
  co_await site.server->shut_down(30ms);
  CHECK(std::chrono::steady_clock::now() < begin + 2s);
  CHECK(site.server->connections() == 0);
  Result<std::size_t> n = 1;
  while (n && *n > 0) n = co_await (*response)->read_some(piece);
  CHECK(!n.has_value());
}

Task<void> urls(Executor) {
  CHECK(endpoint_of_url("http://h")->host == "h");
  CHECK(endpoint_of_url("http://[::1]:81/")->host == "[::1]:81");
  CHECK(endpoint_of_url("https://h:1")->host == "h:1");
  for (auto wrong : {"ftp://h", "h:80", "http://", "http://h/path", "http://u@h", "http://h:0",
                     "http://h:70000", "http://h:x"})
    CHECK(!endpoint_of_url(wrong).has_value());
  co_return;
}

}  // namespace

TEST_CASE("a client keeps its connection") { run(one_after_another); }
TEST_CASE("a hundred requests at once get a hundred right answers") { run(at_once); }
TEST_CASE("a client copes with a server that closes kept connections") { run(reconnects); }
TEST_CASE("a broken answer is an error and nothing is sent twice") { run(broken_answers); }
TEST_CASE("an answer may end with the connection, and interim answers are skipped") { run(until_close); }
TEST_CASE("a server that stalls ends in a timeout") { run(impatient); }
TEST_CASE("a refused connection is an error") { run(nobody_there); }
TEST_CASE("idle connections are closed in time") { run(closes_idle); }
TEST_CASE("an answer beyond the limit is refused") { run(too_long); }
TEST_CASE("a request body goes out in pieces") { run(in_pieces); }
TEST_CASE("a request dropped half-way closes its connection") { run(dropped_request); }
TEST_CASE("an early refusal reaches a client that is still writing") { run(early_refusal); }
TEST_CASE("a quarter of a gigabyte flows both ways in little memory") { run(full_duplex); }
TEST_CASE("a long answer of known length flows in little memory") { run(download); }
TEST_CASE("shutting down ends idle connections and lets requests finish") { run(graceful); }
TEST_CASE("shutting down drops what streams without end") { run(while_streaming); }
TEST_CASE("only plain URLs make an endpoint") { run(urls); }
