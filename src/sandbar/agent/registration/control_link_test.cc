// SPDX-License-Identifier: Apache-2.0
#include "sandbar/agent/registration/control_link.h"

#include <deque>

#include "sandbar/agent/testing/fixture.h"

using namespace sandbar;
using namespace sandbar::agent;
using namespace sandbar::agent::testing;

namespace {

// A control that answers as it is told; without orders it accepts what is right.
struct FakeControl {
  std::deque<int> beats, refreshes;  // statuses of the next answers; 0 breaks the connection
  bool lose_refresh_answer = false;  // after having accepted it
  bool foreign_404 = false;          // a 404 that is not control's own
  std::string token = "t0", refresh_token = "r0";
  int seen_beats = 0, seen_refreshes = 0;
};

int next_of(std::deque<int>& orders, int otherwise) {
  if (orders.empty()) return otherwise;
  auto status = orders.front();
  orders.pop_front();
  return status;
}

// An answer that breaks off in the middle, so that the client does not take it for a stale connection.
Task<void> break_off(http::Exchange& exchange) {
  (void)co_await exchange.start({200, {{"Content-Length", "1000"}}});
  exchange.abort();
}

Task<void> reply(http::Exchange& exchange, int status, std::string body = {}) {
  if (status == 0) co_return co_await break_off(exchange);
  co_await exchange.respond({status, {}, std::move(body)});
}

Task<void> answer_beat(FakeControl& control, http::Exchange& exchange) {
  ++control.seen_beats;
  bool known = exchange.request().headers.get("X-Host-Token") == control.token;
  auto status = next_of(control.beats, known ? 204 : 401);
  std::string body = status == 404 && !control.foreign_404 ? R"({"error":{"code":"not_found"}})" : "<html>";
  co_await reply(exchange, status, std::move(body));
}

Task<void> answer_refresh(FakeControl& control, http::Exchange& exchange) {
  ++control.seen_refreshes;
  auto text = co_await exchange.read_all(1 << 16);
  auto body = *json::parse(text.value_or("{}"));
  bool known = body.at("refresh_token").get_string() == control.refresh_token;
  auto status = next_of(control.refreshes, known ? 200 : 401);
  if (status != 200) co_return co_await reply(exchange, status);
  control.refresh_token = std::string(body.at("next_refresh_token").get_string());
  control.token += "+";
  if (std::exchange(control.lose_refresh_answer, false)) co_return co_await break_off(exchange);
  co_await reply(exchange, 200,
                 fmt::format(R"({{"host":{{"id":"{}"}},"token":"{}","refresh_token":"{}"}})",
                             HostId::random(), control.token, control.refresh_token));
}

Task<void> answer(FakeControl& control, http::Exchange& exchange) {
  if (exchange.request().path().ends_with("/heartbeat")) co_return co_await answer_beat(control, exchange);
  if (exchange.request().path() == "/v1/hosts/auth/refresh")
    co_return co_await answer_refresh(control, exchange);
  co_await reply(exchange, 500);
}

struct LinkFixture {
  boost::asio::io_context io;
  TemporaryState state;
  FakeClock clock{Time(1'000'000'000s)};
  FakeControl control;
  http::ServerPtr server;
  http::ClientPtr http;
  CredentialsFile file{state.path};
  int paused_all = 0, renewed = 0;
  std::unique_ptr<ControlLink> link;
  std::optional<LinkState> ended;
  Supervisor tasks{io.get_executor()};

  LinkFixture() {
    server = http::make_server(io.get_executor(), [this](http::Exchange& e) { return answer(control, e); });
    REQUIRE(server->listen("127.0.0.1:0", false).has_value());
    http = http::make_client(io.get_executor(),
                             *http::endpoint_of_url("http://127.0.0.1:" + std::to_string(server->port())));
  }

  Credentials credentials() const {
    Credentials fresh;
    fresh.host_id = HostId::random();
    fresh.token = "t0";
    fresh.refresh_token = "r0";
    fresh.private_key_pem = http::make_private_key()->reveal();
    return fresh;
  }

  void start(Credentials credentials) {
    LinkHooks hooks{.load = [] { return HeartbeatBody{}; },
                    .pause_all = [this] { ++paused_all; },
                    .renewed = [this](const Credentials&) { ++renewed; }};
    link =
        std::make_unique<ControlLink>(*http, file, std::move(credentials), clock, LinkConfig{1ms, 3}, hooks);
    tasks.spawn("link", run_link(*this));
  }
  static Task<void> run_link(LinkFixture& f) { f.ended = co_await f.link->run(); }

  // Lets the loop run until something has happened; fails after 10 s.
  void until(std::function<bool()> condition) {
    auto end = std::chrono::steady_clock::now() + 10s;
    while (!condition() && std::chrono::steady_clock::now() < end) io.run_one_for(100ms);
    REQUIRE(condition());
  }
};

}  // namespace

TEST_CASE(
    "three heartbeats in a row without answer pause everything, once, and the link comes back by itself") {
  LinkFixture f;
  f.control.beats = {204, 0, 503, 204, 0, 500, 0, 503, 0};
  f.start(f.credentials());
  f.until([&] { return f.control.seen_beats == 5; });
  CHECK(f.paused_all == 0);
  f.until([&] { return f.link->state() == LinkState::isolated; });
  CHECK(f.paused_all == 1);
  f.until([&] { return f.link->state() == LinkState::connected; });
  CHECK(f.paused_all == 1);
}

TEST_CASE("a control that cannot be reached at all isolates the host too") {
  LinkFixture f;
  f.http = http::make_client(f.io.get_executor(),
                             *http::endpoint_of_url("unix:" + (f.state.path / "nobody").string()));
  f.start(f.credentials());
  f.until([&] { return f.link->state() == LinkState::isolated; });
  CHECK(f.paused_all == 1);
  CHECK_FALSE(f.ended.has_value());
}

TEST_CASE("a refused heartbeat leads to a refresh and to the next heartbeat at once") {
  for (int status : {401, 403}) {
    LinkFixture f;
    f.control.token = "another";
    f.control.beats = {status};
    f.start(f.credentials());
    f.until([&] { return f.control.seen_beats >= 3 && f.link->state() == LinkState::connected; });
    CHECK(f.control.seen_refreshes == 1);
    CHECK(f.renewed == 1);
    CHECK(f.paused_all == 0);
    auto stored = f.file.load();
    REQUIRE(stored.has_value());
    CHECK(stored->token == "another+");
    CHECK(stored->refresh_token == f.control.refresh_token);
    CHECK_FALSE(stored->next_refresh_token.has_value());
  }
}

TEST_CASE("a refused refresh pauses everything and ends the heartbeats") {
  LinkFixture f;
  f.control.token = "another";
  f.control.refresh_token = "another";
  f.start(f.credentials());
  f.until([&] { return f.ended.has_value(); });
  CHECK(f.ended == LinkState::locked_out);
  CHECK(f.paused_all == 1);
  CHECK(f.control.seen_beats == 1);
}

TEST_CASE("a refresh that is not answered is tried again, with the same successor") {
  LinkFixture f;
  f.control.token = "another";
  f.control.refreshes = {0, 503};
  f.start(f.credentials());
  f.until([&] { return f.renewed == 1; });
  CHECK(f.control.seen_refreshes == 3);
  CHECK_FALSE(f.ended.has_value());
}

TEST_CASE("a lost answer to a refresh locks nobody out, neither does a crash after sending it") {
  LinkFixture f;
  f.control.token = "another";
  f.control.lose_refresh_answer = true;
  f.start(f.credentials());
  f.until([&] { return f.control.seen_refreshes >= 1; });
  auto stored = f.file.load();
  REQUIRE(stored.has_value());
  CHECK(stored->next_refresh_token == f.control.refresh_token);
  f.until([&] { return f.renewed == 1; });
  CHECK(f.file.load()->refresh_token == f.control.refresh_token);
  CHECK(f.paused_all == 0);
}

TEST_CASE("a host that control does not know any more ends, but only if control itself says so") {
  LinkFixture f;
  f.control.foreign_404 = true;
  f.control.beats = {404, 404};
  f.start(f.credentials());
  f.until([&] { return f.control.seen_beats >= 3; });
  CHECK_FALSE(f.ended.has_value());
  f.control.foreign_404 = false;
  f.control.beats = {404};
  f.until([&] { return f.ended.has_value(); });
  CHECK(f.ended == LinkState::deleted);
}

TEST_CASE("credentials are renewed when two thirds of the token's life are over") {
  Credentials credentials;
  auto payload = to_base64url(R"({"iat":1000,"exp":4000})");
  credentials.token = "h." + payload + ".s";
  CHECK_FALSE(wants_renewal(credentials, Time(2999s)));
  CHECK(wants_renewal(credentials, Time(3000s)));
}

TEST_CASE("credentials are secret on disk and come back whole") {
  LinkFixture f;
  auto fresh = f.credentials();
  REQUIRE(f.file.save(fresh).has_value());
  auto mode = std::filesystem::status(f.state.path / "credentials.json").permissions();
  CHECK((mode & std::filesystem::perms::all) ==
        (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
  CHECK(f.file.load()->private_key_pem == fresh.private_key_pem);
  REQUIRE(f.file.remove().has_value());
  CHECK(f.file.load().error().code == Errc::not_found);
}
