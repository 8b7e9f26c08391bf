// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/webhooks/courier.h"

#include <doctest/doctest.h>

#include "sandbar/async/timer.h"
#include "sandbar/base/strings.h"
#include "sandbar/http/outgoing.h"
#include "sandbar/http/server.h"
#include "sandbar/pg/test_database.h"

using namespace sandbar;
using namespace sandbar::control::webhooks;
using namespace std::chrono_literals;

namespace {

const Time kNow{1'700'000'000s};

// A receiver on a local address, and a courier that may reach just that address.
struct World {
  World(Executor executor, http::Handler handler, std::string address = "127.0.0.1",
        http::TlsContextPtr server_tls = nullptr, http::TlsContextPtr client_tls = nullptr)
      : server(http::make_server(executor, std::move(handler), {}, std::move(server_tls))),
        tls(std::move(client_tls)) {
    REQUIRE(server->listen(address + ":0", false));
  }

  Courier courier(Courier::Resolve resolve = &http::resolve_addresses,
                  std::chrono::milliseconds timeout = 5s) {
    return Courier({*EgressPolicy::create({"127.0.0.1/32"}), tls, timeout, true, std::move(resolve)});
  }
  Parcel parcel(std::string host, std::string scheme = "http") const {
    return {DeliveryId::random(),
            fmt::format("{}://{}:{}/in?x=1", scheme, host, server->port()),
            "sandbox.create",
            "{\"a\":1}",
            {Secret("one"), Secret("two")}};
  }

  http::ServerPtr server;
  http::TlsContextPtr tls;
};

struct Seen {
  int requests = 0;
  http::RequestHead head;
  std::string body;
};

Task<void> accept(Seen& seen, http::Response answer, http::Exchange& exchange) {
  ++seen.requests;
  seen.head = exchange.request();
  auto body = co_await exchange.read_all(1 << 20);
  seen.body = body.value_or("");
  auto answered = co_await exchange.respond(std::move(answer));
  CHECK(answered);
}

http::Handler answering(Seen& seen, http::Response answer) {
  return [&seen, answer](http::Exchange& exchange) { return accept(seen, answer, exchange); };
}

Task<void> stall(http::Exchange& exchange) {
  CHECK(co_await exchange.read_all(1 << 20));
  auto started = co_await exchange.start({200, {}});
  CHECK(started);
  co_await exchange.disconnected();
}

Task<void> say_nothing(http::Exchange& exchange) {
  CHECK(co_await exchange.read_all(1 << 20));
  co_await exchange.disconnected();
}

Task<Result<std::vector<std::string>>> answer_in_turn(int& asked,
                                                      std::vector<std::vector<std::string>> answers,
                                                      std::string) {
  auto index = std::min(static_cast<std::size_t>(asked++), answers.size() - 1);
  co_return answers[index];
}

Courier::Resolve resolving(int& asked, std::vector<std::vector<std::string>> answers) {
  return [&asked, answers](std::string host) { return answer_in_turn(asked, answers, std::move(host)); };
}

Task<void> delivered(Executor executor) {
  Seen seen;
  World world(executor, answering(seen, {201, {}, "thank you"}));
  auto outcome = co_await world.courier().send(world.parcel("127.0.0.1"), kNow);
  CHECK(outcome.delivered());
  CHECK(outcome.status == 201);
  CHECK(outcome.excerpt == "thank you");
  CHECK(seen.body == "{\"a\":1}");
  CHECK(seen.head.method == "POST");
  CHECK(seen.head.target == "/in?x=1");
  CHECK(seen.head.headers.get("Sandbar-Event") == "sandbox.create");
  CHECK(seen.head.headers.get("Sandbar-Delivery").starts_with("whd-"));
  CHECK(seen.head.headers.get("Sandbar-Timestamp") == "1700000000");
  // printf '1700000000.{"a":1}' | openssl dgst -sha256 -hmac one (then: two)
  CHECK(seen.head.headers.get("Sandbar-Signature") ==
        signature_of({Secret("one"), Secret("two")}, "1700000000", seen.body));
}

Task<void> refusals(Executor executor) {
  Seen seen;
  World world(executor, answering(seen, {302, {{"Location", "http://127.0.0.1:1/"}}, "over there"}));
  auto courier = world.courier();
  auto outcome = co_await courier.send(world.parcel("127.0.0.1"), kNow);
  CHECK(outcome.error == "answered 302: redirects are not followed");
  CHECK(seen.requests == 1);
  for (const auto* host : {"127.0.0.2", "[::1]", "[::ffff:127.0.0.2]", "2130706434", "0x7f.2", "0.0.0.0",
                           "169.254.169.254", "10.1.2.3"}) {
    CAPTURE(host);
    auto kept = co_await courier.send(world.parcel(host), kNow);
    CHECK(!kept.delivered());
    CHECK(!kept.status);
  }
  CHECK(seen.requests == 1);
}

Task<void> rebinding(Executor executor) {
  Seen seen;
  World world(executor, answering(seen, {200, {}, ""}));
  int asked = 0;
  auto turning = world.courier(resolving(asked, {{"127.0.0.1"}, {"127.0.0.2"}}));
  auto outcome = co_await turning.send(world.parcel("hooks.example.org"), kNow);
  CHECK(outcome.delivered());
  CHECK(asked == 1);
  CHECK(seen.head.headers.get("Host").starts_with("hooks.example.org:"));
  outcome = co_await turning.send(world.parcel("hooks.example.org"), kNow);
  CHECK(outcome.error == "the name leads into a network that webhooks must not reach");
  asked = 0;
  auto mixed = world.courier(resolving(asked, {{"127.0.0.1", "10.0.0.1"}}));
  outcome = co_await mixed.send(world.parcel("hooks.example.org"), kNow);
  CHECK(!outcome.delivered());
  CHECK(seen.requests == 1);
}

Task<void> slowness(Executor executor) {
  World silent(executor, &say_nothing);
  auto outcome =
      co_await silent.courier(&http::resolve_addresses, 200ms).send(silent.parcel("127.0.0.1"), kNow);
  CHECK(outcome.error == "no answer within 200 ms");
  World stalling(executor, &stall);
  outcome =
      co_await stalling.courier(&http::resolve_addresses, 200ms).send(stalling.parcel("127.0.0.1"), kNow);
  CHECK(outcome.delivered());
  Seen seen;
  World chatty(executor, answering(seen, {500, {}, std::string(1 << 20, 'x')}));
  outcome = co_await chatty.courier().send(chatty.parcel("127.0.0.1"), kNow);
  CHECK(outcome.error == "answered 500");
  CHECK(outcome.excerpt == std::string(1024, 'x'));
  auto nobody = chatty.parcel("127.0.0.1");
  nobody.url = "http://127.0.0.1:1/";
  outcome = co_await chatty.courier().send(nobody, kNow);
  CHECK(outcome.error == "no connection could be made");
}

Task<void> certificates(Executor executor) {
  auto authority = *http::make_authority("test"), other = *http::make_authority("other");
  auto key = *http::make_private_key();
  auto request = *http::make_signing_request(key, "receiver");
  auto pem = *http::sign_request(
      authority, request, {.common_name = "receiver", .dns_names = {"hooks.example.org"}, .lifetime = 1h});
  auto server_tls = *http::make_server_tls({pem, key});
  Seen seen;
  int asked = 0;
  World world(executor, answering(seen, {200, {}, ""}), "127.0.0.1", server_tls,
              *http::make_outgoing_tls(authority.certificate_pem));
  auto courier = world.courier(resolving(asked, {{"127.0.0.1"}}));
  auto outcome = co_await courier.send(world.parcel("hooks.example.org", "https"), kNow);
  CHECK(outcome.error == "");
  outcome = co_await courier.send(world.parcel("elsewhere.example.org", "https"), kNow);
  CHECK(outcome.error.starts_with("TLS failed"));
  world.tls = *http::make_outgoing_tls(other.certificate_pem);
  outcome = co_await world.courier(resolving(asked, {{"127.0.0.1"}}))
                .send(world.parcel("hooks.example.org", "https"), kNow);
  CHECK(outcome.error.starts_with("TLS failed"));
  CHECK(seen.requests == 1);
}

}  // namespace

TEST_CASE("a delivery carries its event, id, time and a signature by each secret") {
  pg::run_task(delivered);
}
TEST_CASE("W12: redirects are not followed, and local addresses are not reached in any spelling") {
  pg::run_task(refusals);
}
TEST_CASE("W12: a name is resolved once, each address is checked, and a checked one is connected to") {
  pg::run_task(rebinding);
}
TEST_CASE("time and what is read of an answer are bounded") { pg::run_task(slowness); }
TEST_CASE("a receiver's certificate must be trusted and carry its name") { pg::run_task(certificates); }
