// SPDX-License-Identifier: Apache-2.0
#include "sandbar/agent/data_plane/data_plane.h"

#include "sandbar/agent/testing/fixture.h"
#include "sandbar/http/client.h"

using namespace sandbar;
using namespace sandbar::agent;
using namespace sandbar::agent::testing;

namespace {

// The agent's door, without TLS, and a client in front of it.
struct Door {
  explicit Door(Fixture& f) : data_plane(f.manager()) {
    server =
        http::make_server(f.io.get_executor(), [this](http::Exchange& e) { return data_plane.serve(e); });
    REQUIRE(server->listen("127.0.0.1:0", false).has_value());
    auto endpoint = http::endpoint_of_url("http://127.0.0.1:" + std::to_string(server->port()));
    client = http::make_client(f.io.get_executor(), *endpoint);
  }
  static std::string path(SandboxId id, int port, std::string rest) {
    return fmt::format("/sandboxes/{}/{}{}", id.str(), port, rest);
  }
  Task<Result<http::Response>> get(std::string target) { return client->fetch({"GET", target, {}}); }

  DataPlane data_plane;
  http::ServerPtr server;
  http::ClientPtr client;
};

Task<void> echo(http::Exchange& exchange) {
  const auto& request = exchange.request();
  http::ResponseHead head{200,
                          {{"X-Target", request.target},
                           {"X-Host", std::string(request.headers.get("Host"))},
                           {"Sandbar-Refusal", "forged"}}};
  co_await exchange.start(std::move(head));
  std::vector<char> piece(4096);
  for (;;) {
    auto count = co_await exchange.read_some(piece);
    if (!count) co_return exchange.abort();
    if (*count == 0) break;
    co_await exchange.write({piece.data(), *count});
  }
  co_await exchange.finish();
}

Task<void> forwards(Fixture& f) {
  f.guest.other = echo;
  Door door(f);
  auto id = co_await f.create();
  http::Headers headers{
      {"Host", "8000-x.example"}, {"X-Mine", "1"}, {"Connection", "X-Secret"}, {"X-Secret", "hop"}};
  auto answer = co_await door.client->fetch({"POST", Door::path(id, 49983, "/a%20b?q=1"), headers}, "hello");
  REQUIRE(answer.has_value());
  CHECK(answer->status == 200);
  CHECK(answer->body == "hello");
  CHECK(answer->headers.get("X-Target") == "/a%20b?q=1");
  CHECK(answer->headers.get("X-Host") == "8000-x.example");
  CHECK_FALSE(answer->headers.has("Sandbar-Refusal"));
}

Task<void> streams_both_ways(Fixture& f) {
  f.guest.other = echo;
  Door door(f);
  auto id = co_await f.create();
  auto request = co_await door.client->start({"POST", Door::path(id, 49983, "/echo"), {}});
  REQUIRE(request.has_value());
  CHECK((co_await (*request)->write("ping")).has_value());
  auto response = co_await (*request)->response();
  REQUIRE(response.has_value());
  std::array<char, 16> piece;
  CHECK((co_await (*response)->read_some(piece)).value_or(0) == 4);
  std::string large(3 << 20, 'x');
  CHECK((co_await (*request)->write("pong")).has_value());
  CHECK((co_await (*response)->read_some(piece)).value_or(0) == 4);
  CHECK((co_await (*request)->end()).has_value());
  CHECK((co_await (*response)->read_some(piece)).value_or(9) == 0);
  auto whole = co_await door.client->fetch({"POST", Door::path(id, 49983, "/echo"), {}}, large, 8 << 20);
  CHECK((whole && whole->body == large));
}

Task<void> refuses(Fixture& f) {
  Door door(f);
  auto id = co_await f.create();
  auto closed = co_await door.get(Door::path(id, 8000, "/"));
  CHECK(closed->status == 502);
  CHECK(
      closed->body ==
      fmt::format(
          R"({{"sandboxId":"{}","message":"The sandbox is running but port is not open","port":8000,"code":502}})",
          id.uuid().hex()));
  CHECK(closed->headers.get("Sandbar-Refusal") == "port_closed");
  auto unknown = co_await door.get(Door::path(SandboxId::random(), 49983, "/health"));
  CHECK(unknown->status == 502);
  CHECK(unknown->headers.get("Sandbar-Refusal") == "not_running");
  CHECK(unknown->headers.get("Sandbar-Error") == "unavailable");
  CHECK_FALSE(closed->headers.has("Sandbar-Error"));
  co_await f.manager().pause(id, PauseCause::requested);
  CHECK((co_await door.get(Door::path(id, 49983, "/health")))->status == 502);
  for (std::string target : std::vector<std::string>{"/sandboxes/", "/sandboxes/sb-x/1/",
                                                     Door::path(id, 0, "/"), Door::path(id, 65536, "/")})
    CHECK((co_await door.get(target))->status == 400);
}

Task<void> keeps_control_routes(Fixture& f) {
  Door door(f);
  auto id = co_await f.create();
  auto before = f.guest.inits.size();
  std::vector<std::string> spellings{"/init",  "//init", "/./init",   "/x/../init", "/%69nit",
                                     "/init/", "/INIT",  "/init?x=1", "/upgrade"};
  for (const auto& spelling : spellings) {
    CAPTURE(spelling);
    CHECK((co_await door.get(Door::path(id, 49983, spelling)))->status == 404);
  }
  CHECK(f.guest.inits.size() == before);
  CHECK((co_await door.get(Door::path(id, 49983, "/initial")))->status == 200);
}

Task<void> hang(http::Exchange& exchange) {
  co_await exchange.start({200, {}});
  co_await exchange.write("begin");
  co_await exchange.disconnected();
}

Task<void> breaks_off(Fixture& f) {
  f.guest.other = hang;
  Door door(f);
  auto id = co_await f.create();
  auto response = co_await door.client->send({"GET", Door::path(id, 49983, "/stream"), {}});
  REQUIRE(response.has_value());
  std::array<char, 16> piece;
  CHECK((co_await (*response)->read_some(piece)).value_or(0) == 5);
  CHECK_FALSE(f.manager().find(id)->expires_at().has_value());
  CHECK((co_await f.manager().pause(id, PauseCause::requested)).has_value());
  CHECK_FALSE((co_await (*response)->read_some(piece)).has_value());
}

Task<void> spares_port(Fixture& f) {
  f.guest.other = echo;
  Door door(f);
  auto id = co_await f.create();
  auto path = Door::path(id, 49983, "/echo");
  f.manager().find(id)->guest()->drop_idle();
  auto before = f.machine.guest_calls;
  std::string large((64 << 10) + 1, 'x');
  auto whole = co_await door.client->fetch({"POST", path, {}}, large, 1 << 20);
  CHECK((whole && whole->body == large));
  auto pieces = co_await door.client->start({"POST", path, {}});
  REQUIRE(pieces.has_value());
  CHECK((co_await (*pieces)->write("ping")).has_value());
  CHECK((co_await (*pieces)->finish()).has_value());
  CHECK(f.machine.guest_calls == before);
  CHECK((co_await door.client->fetch({"POST", path, {}}, "small"))->body == "small");
  CHECK(f.machine.guest_calls == before + 1);
}

struct Left {
  bool noticed = false;
};

Task<void> hang_and_notice(Left& left, http::Exchange& exchange) {
  co_await exchange.start({200, {}});
  co_await exchange.write("begin");
  co_await exchange.disconnected();
  left.noticed = true;
}

Task<void> passes_on_leaving(Fixture& f) {
  Left left;
  f.guest.other = [&left](http::Exchange& e) { return hang_and_notice(left, e); };
  Door door(f);
  auto spec = f.wanted();
  spec.timeout_s = 60;
  auto id = co_await f.create(spec);
  {
    auto response = co_await door.client->send({"GET", Door::path(id, 49983, "/stream"), {}});
    REQUIRE(response.has_value());
    f.clock.advance(1h);
    CHECK(f.manager().find(id)->expires_at() == f.clock.now() + 60s);
  }
  co_await Fixture::until([&] { return left.noticed; });
  f.clock.advance(30s);
  co_await Fixture::until([&] { return f.manager().find(id)->expires_at() == f.clock.now() + 30s; });
}

Task<void> shout(http::Exchange& exchange) {
  auto stream = co_await exchange.take_over({101, {{"Upgrade", "shout"}, {"Connection", "Upgrade"}}});
  if (!stream) co_return;
  std::array<char, 64> piece;
  for (;;) {
    auto count = co_await (*stream)->read_some(piece);
    if (count.value_or(0) == 0) co_return;
    for (std::size_t i = 0; i < *count; ++i) piece[i] = static_cast<char>(std::toupper(piece[i]));
    co_await http::write_all(**stream, {piece.data(), *count});
  }
}

Task<void> splices_upgrades(Fixture& f) {
  auto inner = http::make_server(f.io.get_executor(), shout);
  REQUIRE(inner->listen("127.0.0.1:0", false).has_value());
  f.machine.ports[8000] = inner->port();
  Door door(f);
  auto id = co_await f.create();
  auto response = co_await door.client->send(
      {"GET", Door::path(id, 8000, "/"), {{"Connection", "Upgrade"}, {"Upgrade", "shout"}}});
  REQUIRE(response.has_value());
  REQUIRE((*response)->head().status == 101);
  auto stream = (*response)->take_over();
  REQUIRE(stream.has_value());
  CHECK((co_await http::write_all(**stream, "hello")).has_value());
  std::array<char, 64> piece;
  auto count = co_await (*stream)->read_some(piece);
  CHECK(std::string(piece.data(), count.value_or(0)) == "HELLO");
  CHECK((co_await f.manager().destroy(id)).has_value());
  CHECK((co_await (*stream)->read_some(piece)).value_or(0) == 0);
}

}  // namespace

TEST_CASE("a request is forwarded with its target, host and body, without what concerns one hop") {
  Fixture().run(forwards);
}
TEST_CASE("both directions stream at the same time") { Fixture().run(streams_both_ways); }
TEST_CASE("bodies that are large or of unknown length do not take the serial port") {
  Fixture().run(spares_port);
}
TEST_CASE("what cannot be forwarded is refused with a reason") { Fixture().run(refuses); }
TEST_CASE("the guest's control routes are out of reach, however they are spelled") {
  Fixture().run(keeps_control_routes);
}
TEST_CASE("a pause breaks open answers off") { Fixture().run(breaks_off); }
TEST_CASE("a client that leaves is noticed inside, and until then holds the timer") {
  Fixture().run(passes_on_leaving);
}
TEST_CASE("an upgraded connection is spliced until the sandbox ends") { Fixture().run(splices_upgrades); }
