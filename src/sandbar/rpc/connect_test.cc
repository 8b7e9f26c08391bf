// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "process/process.pb.h"
#include "sandbar/async/spawn.h"
#include "sandbar/async/timer.h"
#include "sandbar/rpc/connect_client.h"
#include "sandbar/rpc/connect_server.h"
#include "sandbar/rpc/envelope.h"
#include "sandbar/rpc/gzip.h"

using namespace sandbar;
using namespace sandbar::rpc;
using namespace std::chrono_literals;

namespace {

struct Calls {
  int cancelled = 0;
};

struct NoteCancel {
  Calls& calls;
  bool finished = false;
  ~NoteCancel() {
    if (!finished) ++calls.cancelled;
  }
};

// The tag of a StartRequest says what happens.
Task<Result<process::ListResponse>> list(Calls& calls, CallContext& call, process::ListRequest) {
  process::ListResponse response;
  auto wish = call.request.headers.get("x-wish");
  NoteCancel note{calls};
  if (wish == "sleep") co_await sleep_for(1h);
  note.finished = true;
  if (wish == "throw") throw std::runtime_error("broken");
  if (wish == "fail") co_return fail(Error{Errc::no_space, "disk full"});
  response.add_processes()->set_pid(42);
  co_return response;
}

Task<Result<void>> start(Calls& calls, CallContext&, process::StartRequest request,
                         StreamWriter<process::StartResponse>& out) {
  process::StartResponse message;
  for (const auto& arg : request.process().args()) {
    message.mutable_event()->mutable_data()->set_stdout(arg);
    CO_TRY_VOID(co_await out.write(message));
  }
  NoteCancel note{calls};
  if (request.tag() == "sleep") co_await sleep_for(1h);
  note.finished = true;
  if (request.tag() == "throw") throw std::runtime_error("broken");
  if (request.tag() == "fail") co_return fail(not_found("process", "7"));
  co_return Result<void>{};
}

struct Fixture {
  boost::asio::io_context io;
  Calls calls;
  ConnectServer rpc{{.max_request_bytes = 64 * 1024}};
  http::ServerPtr server;
  http::ClientPtr http;

  Fixture() {
    rpc.unary<process::ListRequest, process::ListResponse>(
        "/process.Process/List",
        [this](CallContext& c, process::ListRequest r) { return list(calls, c, std::move(r)); },
        Effects::none);
    rpc.server_stream<process::StartRequest, process::StartResponse>(
        "/process.Process/Start",
        [this](CallContext& c, process::StartRequest r, StreamWriter<process::StartResponse>& w) {
          return start(calls, c, std::move(r), w);
        });
    server = http::make_server(io.get_executor(), [this](http::Exchange& e) { return rpc.serve(e); });
    REQUIRE(server->listen("127.0.0.1:0", false).has_value());
    http = http::make_client(io.get_executor(),
                             *http::endpoint_of_url("http://127.0.0.1:" + std::to_string(server->port())));
  }

  void run(std::function<Task<void>(Fixture&)> body) {
    std::exception_ptr thrown;
    bool done = false;
    boost::asio::co_spawn(io, body(*this), [&](std::exception_ptr e) {
      thrown = e;
      done = true;
    });
    while (!done && io.run_one_for(20s) > 0) {
    }
    CHECK(done);
    if (thrown) std::rethrow_exception(thrown);
  }
};

process::StartRequest start_request(std::vector<std::string> args, std::string tag = {}) {
  process::StartRequest request;
  for (auto& arg : args) request.mutable_process()->add_args(std::move(arg));
  request.set_tag(std::move(tag));
  return request;
}

Task<Result<process::ListResponse>> call_list(Fixture& f, std::string wish, CallOptions options = {}) {
  options.headers.set("x-wish", wish);
  ConnectClient client(*f.http);
  co_return co_await client.unary<process::ListResponse>("/process.Process/List", process::ListRequest{},
                                                         options);
}

Task<void> unary_works(Fixture& f) {
  for (auto codec : {Codec::json, Codec::proto}) {
    auto answer = co_await call_list(f, "", {.codec = codec});
    REQUIRE(answer.has_value());
    CHECK(answer->processes(0).pid() == 42);
  }
}

Task<void> errors_arrive(Fixture& f) {
  auto failed = co_await call_list(f, "fail");
  CHECK(failed.error().code == Errc::no_space);
  CHECK(failed.error().message == "disk full");
  auto threw = co_await call_list(f, "throw");
  CHECK(threw.error().code == Errc::internal_error);
  CHECK(threw.error().message.find("broken") == std::string::npos);
}

Task<void> unary_deadline(Fixture& f) {
  auto late = co_await call_list(f, "sleep", {.timeout = 30ms});
  CHECK(late.error().code == Errc::deadline_exceeded);
  while (f.calls.cancelled == 0) co_await sleep_for(1ms);
}

// The server alone enforces it: this client does not look at the clock.
Task<void> server_deadline(Fixture& f) {
  http::Headers headers{
      {"Content-Type", "application/json"}, {"Connect-Timeout-Ms", "20"}, {"x-wish", "sleep"}};
  auto answer = co_await f.http->fetch({"POST", "/process.Process/List", headers}, "{}");
  REQUIRE(answer.has_value());
  CHECK(answer->status == 504);
  CHECK(answer->body == R"({"code":"deadline_exceeded","message":"took too long"})");
  CHECK(f.calls.cancelled == 1);
}

Task<Result<std::vector<std::string>>> collect(Fixture& f, process::StartRequest request,
                                               CallOptions options = {}) {
  ConnectClient client(*f.http);
  CO_TRY(auto stream,
         co_await client.server_stream<process::StartResponse>("/process.Process/Start", request, options));
  std::vector<std::string> seen;
  for (;;) {
    CO_TRY(auto message, co_await stream.next());
    if (!message) co_return seen;
    seen.push_back(message->event().data().stdout());
  }
}

Task<void> streams_work(Fixture& f) {
  for (auto codec : {Codec::json, Codec::proto}) {
    std::string large(40'000, 'x');
    auto seen = co_await collect(f, start_request({"a", large, "b"}), {.codec = codec});
    REQUIRE(seen.has_value());
    CHECK(*seen == std::vector<std::string>{"a", large, "b"});
  }
  CHECK((co_await collect(f, start_request({}, "fail"))).error().code == Errc::not_found);
  CHECK((co_await collect(f, start_request({"x"}, "throw"))).error().code == Errc::internal_error);
  CHECK((co_await collect(f, start_request({"x"}, "sleep"), {.timeout = 20ms})).error().code ==
        Errc::deadline_exceeded);
}

Task<void> leaving_cancels(Fixture& f) {
  {
    ConnectClient client(*f.http);
    auto stream = co_await client.server_stream<process::StartResponse>("/process.Process/Start",
                                                                        start_request({"x"}, "sleep"));
    REQUIRE(stream.has_value());
    CHECK((co_await stream->next()).has_value());
    CHECK(f.calls.cancelled == 0);
  }
  while (f.calls.cancelled == 0) co_await sleep_for(1ms);
}

Task<http::Response> post(Fixture& f, std::string path, http::Headers headers, std::string body) {
  auto answer = co_await f.http->fetch({"POST", path, headers}, body);
  REQUIRE(answer.has_value());
  co_return *answer;
}

Task<void> odd_requests(Fixture& f) {
  auto unknown = co_await post(f, "/process.Process/List", {{"Content-Type", "text/plain"}}, "");
  CHECK(unknown.status == 415);
  CHECK(unknown.headers.get("Accept-Post") == "application/json, application/proto");
  auto get = co_await f.http->fetch({"GET", "/process.Process/Start", {}});
  CHECK(get->status == 405);
  CHECK(get->headers.get("Allow") == "POST");
  auto version =
      co_await post(f, "/process.Process/List",
                    {{"Content-Type", "application/json"}, {"Connect-Protocol-Version", "2"}}, "{}");
  CHECK(version.status == 400);
  auto timeout =
      co_await post(f, "/process.Process/List",
                    {{"Content-Type", "application/json"}, {"Connect-Timeout-Ms", "12345678901"}}, "{}");
  CHECK(timeout.status == 400);
  auto large = co_await post(f, "/process.Process/List", {{"Content-Type", "application/json"}},
                             std::string(70'000, ' '));
  CHECK(large.status == 429);
  auto brotli = co_await post(f, "/process.Process/List",
                              {{"Content-Type", "application/json"}, {"Content-Encoding", "br"}}, "x");
  CHECK(brotli.status == 501);
  auto gzipped =
      co_await post(f, "/process.Process/List",
                    {{"Content-Type", "application/json"}, {"Content-Encoding", "gzip"}}, gzip("{}"));
  CHECK(gzipped.status == 200);
}

Task<void> get_calls(Fixture& f) {
  auto get = [&f](std::string query) { return f.http->fetch({"GET", "/process.Process/List?" + query, {}}); };
  CHECK((co_await get("connect=v1&encoding=json&message=%7B%7D"))->body == R"({"processes":[{"pid":42}]})");
  CHECK((co_await get("connect=v1&encoding=proto&base64=1&message="))->status == 200);
  CHECK((co_await get("encoding=json&message=%7B%7D"))->status == 400);
  CHECK((co_await get("connect=v1&encoding=json"))->status == 400);
  CHECK((co_await get("connect=v1&encoding=xml&message="))->status == 415);
}

Task<void> broken_envelopes(Fixture& f) {
  http::Headers type{{"Content-Type", "application/connect+json"}};
  std::vector<std::string> bodies{std::string(),
                                  std::string("\0\0", 2),
                                  make_envelope(0, "{}").substr(0, 6),
                                  make_envelope(0, "{}") + make_envelope(0, "{}"),
                                  make_envelope(kEndFlag, "{}"),
                                  make_envelope(kCompressedFlag, "{}")};
  for (const auto& body : bodies) {
    auto answer = co_await post(f, "/process.Process/Start", type, body);
    CHECK(answer.status == 200);
    CHECK(answer.body.find(R"("code":"invalid_argument")") != std::string::npos);
  }
  auto large = co_await post(f, "/process.Process/Start", type,
                             make_envelope(0, std::string(65'000, ' ') + std::string(600, ' ')));
  CHECK(large.body.find(R"("code":"resource_exhausted")") != std::string::npos);
}

}  // namespace

TEST_CASE("a unary call works in both codecs") { Fixture().run(unary_works); }
TEST_CASE("errors and exceptions of a handler arrive as errors, without their inner detail") {
  Fixture().run(errors_arrive);
}
TEST_CASE("a deadline cancels the handler") { Fixture().run(unary_deadline); }
TEST_CASE("the server enforces the deadline that a client names") { Fixture().run(server_deadline); }
TEST_CASE("a server stream delivers all messages, or its error at the end") { Fixture().run(streams_work); }
TEST_CASE("a client that leaves a stream cancels its handler") { Fixture().run(leaving_cancels); }
TEST_CASE("requests that are not Connect are refused as the protocol says") { Fixture().run(odd_requests); }
TEST_CASE("a method without effects answers GET") { Fixture().run(get_calls); }
TEST_CASE("a stream request that is not one whole envelope is invalid") { Fixture().run(broken_envelopes); }
