// SPDX-License-Identifier: Apache-2.0
#include "sandbar/http/pipeline.h"

#include <doctest/doctest.h>
#include <boost/asio.hpp>

#include "sandbar/http/test_exchange.h"
#include "sandbar/http/test_routes.h"
#include "sandbar/log/log.h"

using namespace sandbar;
using namespace sandbar::http;

using test::FakeExchange;

namespace {

// Lets in who shows the key "good".
class TestGate final : public Gate {
 public:
  Task<Result<CallPtr>> admit(CallParts parts, const RequestHead& credentials) override {
    auto key = credentials.headers.get("X-API-Key");
    auto bearer = credentials.headers.get("Authorization");
    if (parts.route->access != Access::open && key != "good" && bearer != "Bearer good" && key != "sbk_good")
      co_return fail(Error{Errc::unauthorized, "who are you"});
    auto call = std::make_unique<test::TestCall>(std::move(parts));
    call->who = std::string(key.empty() ? bearer : key);
    co_return call;
  }
};

class OneAnswer final : public Idempotency {
 public:
  std::optional<Answer> kept;
  Task<Result<std::optional<Answer>>> begin(Call&, std::string) override { co_return kept; }
  Task<void> end(Call&, std::string, const Answer* answer) override {
    if (answer) kept = *answer;
    co_return;
  }
};

struct Fixture {
  test::Shelf shelf;
  Router router;
  TestGate gate;
  OneAnswer idempotency;
  RequestMetrics metrics{std::size(test::kRoutes)};
  FakeExchange exchange;

  Fixture() {
    log::set_level(log::Level::error);
    router.add(Routes<test::Shelf>(test::kRoutes), &shelf);
    exchange.head.headers.set("X-API-Key", "good");
  }

  const Response& send(std::string method, std::string target, std::string body = {}) {
    boost::asio::io_context io;
    exchange.begin();
    exchange.io = io.get_executor();
    exchange.head.method = std::move(method);
    exchange.head.target = std::move(target);
    exchange.body = std::move(body);
    Pipeline pipeline(router, gate, metrics,
                      {.max_json_body = 64, .socket_auth_timeout = std::chrono::milliseconds(50)},
                      &idempotency);
    boost::asio::co_spawn(io, pipeline.serve(exchange), boost::asio::detached);
    io.run();
    return exchange.answer;
  }
  std::string error_code() const {
    return std::string(boost::json::parse(exchange.answer.body).at("error").at("code").as_string());
  }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "a described request becomes a handler's argument and its view the answer") {
  auto& answer = send("POST", "/v1/books", R"({"title":"Emma","pages":3})");
  CHECK(answer.status == 201);
  CHECK(answer.headers.get("Content-Type") == "application/json");
  CHECK(boost::json::parse(answer.body).at("pages") == 3);
  CHECK(shelf.calls == std::vector<std::string>{"create Emma by good"});
}

TEST_CASE_FIXTURE(Fixture, "query parameters are decoded, repeated and comma-separated alike") {
  CHECK(send("GET", "/v1/books?limit=7&shelf=a,b&shelf=,c+d&full=true").status == 200);
  CHECK(shelf.calls.back() == "list 7 a;b;c d; true");
  CHECK(send("GET", "/v1/books?full=1").status == 200);
  CHECK(shelf.calls.back() == "list 50  false");
  CHECK(send("GET", "/v1/books?limit=x").status == 400);
  CHECK(exchange.answer.body.contains("limit must be a whole number"));
}

TEST_CASE_FIXTURE(Fixture,
                  "wrong requests are refused with a code, a message, the fields and the request's id") {
  exchange.head.headers.set("X-Request-Id", "my-id_1.2");
  CHECK(send("POST", "/v1/books", R"({"pages":"x"})").status == 400);
  auto error = boost::json::parse(exchange.answer.body).at("error");
  CHECK(error.at("code") == "invalid_request");
  CHECK(error.at("request_id") == "my-id_1.2");
  CHECK(exchange.answer.headers.get("X-Request-Id") == "my-id_1.2");
  CHECK(exchange.answer.headers.get("Cache-Control") == "no-store");
  CHECK(error.at("problems").as_array().size() == 2);
  CHECK(send("POST", "/v1/books", "{").status == 400);
  CHECK(send("POST", "/v1/books", "").status == 400);
  CHECK(send("GET", "/v1/books/nonsense").status == 400);
  CHECK(send("DELETE", "/v1/books/" + SandboxId::random().str() + "/chapters/%zz").status == 400);
}

TEST_CASE_FIXTURE(Fixture, "a request id that could forge a log line is replaced") {
  exchange.head.headers.set("X-Request-Id", "a\nb");
  send("GET", "/v1/books");
  CHECK(exchange.answer.headers.get("X-Request-Id").starts_with("req-"));
}

TEST_CASE_FIXTURE(Fixture, "unknown paths, wrong methods, media types and sizes have their statuses") {
  CHECK(send("GET", "/v1/nothing").status == 404);
  CHECK(send("PUT", "/v1/books").status == 405);
  CHECK(exchange.answer.headers.get("Allow") == "GET, POST");
  CHECK(send("POST", "/v1/books", R"({"title":")" + std::string(100, 'x') + "\"}").status == 413);
  exchange.head.headers.set("Content-Type", "text/plain");
  CHECK(send("POST", "/v1/books", R"({"title":"x"})").status == 415);
  exchange.head.headers.set("Content-Type", "application/json; charset=utf-8");
  CHECK(send("POST", "/v1/books", R"({"title":"x"})").status == 201);
}

TEST_CASE_FIXTURE(Fixture, "a stranger is refused before the request is looked at") {
  exchange.head.headers.set("X-API-Key", "bad");
  CHECK(send("POST", "/v1/books", "{").status == 401);
  CHECK(send("GET", "/v1/books/nonsense").status == 401);
  CHECK(shelf.calls.empty());
}

TEST_CASE_FIXTURE(Fixture, "a handler's error keeps the headers that it set") {
  CHECK(send("GET", "/v1/books/" + SandboxId::random().str()).status == 404);
  CHECK(exchange.answer.headers.get("ETag") == "\"1\"");
}

TEST_CASE_FIXTURE(Fixture, "an exception becomes internal_error, and says nothing of the inside") {
  CHECK(send("POST", "/v1/books/burn").status == 500);
  CHECK(error_code() == "internal_error");
  CHECK(!exchange.answer.body.contains("secret"));
  CHECK(boost::json::parse(exchange.answer.body).at("error").at("ashes") == true);
}

TEST_CASE_FIXTURE(Fixture, "the same idempotency key creates once") {
  exchange.head.headers.set("Idempotency-Key", "k1");
  auto first = send("POST", "/v1/books", R"({"title":"Emma"})").body;
  auto second = send("POST", "/v1/books", R"({"title":"Emma"})").body;
  CHECK(first == second);
  CHECK(shelf.calls.size() == 1);
  exchange.head.headers.set("Idempotency-Key", std::string(256, 'k'));
  CHECK(send("POST", "/v1/books", R"({"title":"Emma"})").status == 400);
}

TEST_CASE_FIXTURE(Fixture, "a failed creation may be tried again with its key") {
  exchange.head.headers.set("Idempotency-Key", "k1");
  CHECK(send("POST", "/v1/books", "{}").status == 400);
  CHECK(send("POST", "/v1/books", R"({"title":"Emma"})").status == 201);
}

TEST_CASE_FIXTURE(Fixture, "a WebSocket with a header is admitted before it is opened") {
  CHECK(send("GET", "/v1/talk/4").status == 400);
  exchange.upgrade = true;
  exchange.talk.says = {{true, "hello"}};
  send("GET", "/v1/talk/4");
  CHECK(exchange.talk.heard == std::vector<std::string>{"echo hello"});
  CHECK(exchange.talk.closed == 1000);
  CHECK(shelf.calls.back() == "talk 4 by good");
}

TEST_CASE_FIXTURE(Fixture, "a WebSocket without a header authenticates by its first message") {
  exchange.upgrade = true;
  exchange.head.headers.remove("X-API-Key");
  exchange.talk.says = {{true, R"({"type":"auth","token":"sbk_good"})"}, {true, "hello"}};
  send("GET", "/v1/talk/4");
  CHECK(shelf.calls.back() == "talk 4 by sbk_good");
  exchange.talk.says = {{true, R"({"type":"auth","token":"good"})"}, {true, "hello"}};
  send("GET", "/v1/talk/4");
  CHECK(shelf.calls.back() == "talk 4 by Bearer good");
}

TEST_CASE_FIXTURE(Fixture,
                  "a WebSocket that does not authenticate is told so and closed as a breach of policy") {
  exchange.upgrade = true;
  exchange.head.headers.remove("X-API-Key");
  for (auto message : {R"({"type":"auth","token":"bad"})", R"({"type":"start"})", "nonsense"}) {
    exchange.talk = {};
    exchange.talk.says = {{true, message}};
    send("GET", "/v1/talk/4");
    REQUIRE(exchange.talk.heard.size() == 1);
    CHECK(exchange.talk.heard[0].contains(R"("code":"unauthorized")"));
    CHECK(exchange.talk.closed == 1008);
  }
  CHECK(shelf.calls.empty());
}

TEST_CASE_FIXTURE(Fixture, "an error on an open WebSocket is a frame and a close code") {
  exchange.upgrade = true;
  exchange.talk.says = {{true, "quarrel"}};
  send("GET", "/v1/talk/4");
  CHECK(exchange.talk.heard.back() == R"({"type":"error","code":"invalid_state","message":"no"})");
  CHECK(exchange.talk.closed == 1008);
}

TEST_CASE_FIXTURE(Fixture, "a page of another site may not open a WebSocket") {
  exchange.upgrade = true;
  exchange.head.headers.set("Host", "api.example.org:8080");
  exchange.head.headers.set("Origin", "https://evil.example.net");
  CHECK(send("GET", "/v1/talk/4").status == 403);
  exchange.head.headers.set("Origin", "http://api.example.org:8080");
  exchange.talk.says = {{true, "hello"}};
  send("GET", "/v1/talk/4");
  CHECK(exchange.talk.closed == 1000);
}

TEST_CASE_FIXTURE(Fixture, "requests are counted by route and class of status") {
  send("GET", "/v1/books");
  send("GET", "/v1/books?limit=x");
  send("GET", "/nothing");
  auto text = metrics.prometheus_text(router.routes());
  CHECK(text.contains("sandbar_http_requests_total{method=\"GET\",route=\"/v1/books\",status=\"2xx\"} 1\n"));
  CHECK(text.contains("sandbar_http_requests_total{method=\"GET\",route=\"/v1/books\",status=\"4xx\"} 1\n"));
  CHECK(text.contains("sandbar_http_requests_total{method=\"*\",route=\"*\",status=\"4xx\"} 1\n"));
  CHECK(text.contains("duration_seconds_count{method=\"GET\",route=\"/v1/books\"} 2\n"));
}
