// SPDX-License-Identifier: Apache-2.0
#include "sandbar/http/tls.h"

#include "sandbar/http/test_support.h"

using namespace sandbar;
using namespace sandbar::http;
using namespace sandbar::http::test;

namespace {

struct Identity {
  CertifiedKey own;
  std::string fingerprint;
};

Identity issue(const CertifiedKey& authority, CertificateProfile profile) {
  auto key = make_private_key();
  auto request = make_signing_request(*key, "whatever it asks for");
  auto certificate = sign_request(authority, *request, profile);
  REQUIRE(certificate.has_value());
  return {{*certificate, *key}, *certificate_fingerprint(*certificate)};
}

CertificateProfile server_profile() {
  return {
      .common_name = "host", .dns_names = {"agent.example", "127.0.0.1"}, .lifetime = 1h, .client = false};
}
CertificateProfile client_profile() { return {.common_name = "control", .lifetime = 1h, .server = false}; }

// One authority and what it signed, as control and agents have it.
struct World {
  CertifiedKey authority = *make_authority("Sandbar test authority");
  Identity server = issue(authority, server_profile());
  Identity client = issue(authority, client_profile());
};

Task<void> who_is_there(Exchange& exchange) {
  auto body = co_await exchange.read_all(1 << 20);
  (void)co_await exchange.respond(
      {200, {}, exchange.peer_certificate() + "|" + std::to_string(body->size())});
}

struct SecureSite : Site {
  SecureSite(Executor e, TlsContextPtr tls, ServerLimits limits = {})
      : Site(e, who_is_there, limits, std::move(tls)) {}

  Task<Result<Response>> fetch(TlsContextPtr tls, std::string pin = {}) {
    auto secure = make_client(executor, *endpoint_of_url(url("https"), std::move(tls), std::move(pin)));
    co_return co_await secure->fetch({"GET", "/", {}});
  }
};

Task<void> plain_tls(Executor executor) {
  World world;
  SecureSite site(executor, *make_server_tls(world.server.own));
  auto trusting = *make_client_tls(world.authority.certificate_pem);
  auto answer = co_await site.fetch(trusting);
  REQUIRE(answer.has_value());
  CHECK(answer->body == "|0");
  auto client = make_client(executor, *endpoint_of_url(site.url("https"), trusting));
  for (int i = 0; i < 3; ++i) {
    auto large = co_await client->fetch({"POST", "/", {}}, std::string(500'000, 'x'));
    REQUIRE(large.has_value());
    CHECK(large->body == "|500000");
  }
  CHECK(site.server->connections() <= 2);
}

Task<void> mutual(Executor executor) {
  World world, stranger;
  SecureSite site(executor, *make_server_tls(world.server.own, world.authority.certificate_pem));
  auto& ca = world.authority.certificate_pem;

  auto right = co_await site.fetch(*make_client_tls(ca, &world.client.own), world.server.fingerprint);
  REQUIRE(right.has_value());
  CHECK(right->body == world.client.fingerprint + "|0");

  auto none = co_await site.fetch(*make_client_tls(ca));
  CHECK(!none.has_value());
  auto foreign = co_await site.fetch(*make_client_tls(ca, &stranger.client.own));
  CHECK(!foreign.has_value());
  auto wrong_purpose = co_await site.fetch(*make_client_tls(ca, &world.server.own));
  CHECK(!wrong_purpose.has_value());
  auto expired = issue(world.authority, {.common_name = "old", .lifetime = -1min, .server = false});
  auto too_late = co_await site.fetch(*make_client_tls(ca, &expired.own));
  CHECK(!too_late.has_value());
}

Task<void> servers_identity(Executor executor) {
  World world, stranger;
  auto& ca = world.authority.certificate_pem;
  SecureSite site(executor, *make_server_tls(world.server.own));
  auto pinned = co_await site.fetch(*make_client_tls(ca), stranger.server.fingerprint);
  REQUIRE(!pinned.has_value());
  CHECK(pinned.error().detail.contains("pinned"));
  auto unknown = co_await site.fetch(*make_client_tls(stranger.authority.certificate_pem));
  CHECK(!unknown.has_value());

  auto named =
      issue(world.authority, {.common_name = "127.0.0.1", .dns_names = {"other.example"}, .lifetime = 1h});
  site.server->set_tls(*make_server_tls(named.own));
  auto misnamed = co_await site.fetch(*make_client_tls(ca));
  CHECK(!misnamed.has_value());
  auto for_clients = issue(world.authority,
                           {.common_name = "x", .dns_names = {"127.0.0.1"}, .lifetime = 1h, .server = false});
  site.server->set_tls(*make_server_tls(for_clients.own));
  auto wrong_purpose = co_await site.fetch(*make_client_tls(ca));
  CHECK(!wrong_purpose.has_value());

  site.server->set_tls(*make_server_tls(world.server.own));
  auto right = co_await site.fetch(*make_client_tls(ca));
  CHECK(right.has_value());
}

// The name in the certificate counts, not the address that was dialled.
Task<void> by_name(Executor executor) {
  World world;
  SecureSite site(executor, *make_server_tls(world.server.own));
  auto tls = *make_client_tls(world.authority.certificate_pem);
  for (std::string name : {"agent.example", "evil.example", ""}) {
    auto stream = co_await start_tls_client(co_await connect_to(site), tls, name);
    CHECK(stream.has_value() == (name != "evil.example"));
  }
}

Task<void> no_tls(Executor executor) {
  World world;
  SecureSite site(executor, *make_server_tls(world.server.own), {.head = 80ms});
  auto plain = co_await say(site, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(!plain.contains("HTTP/1.1"));
  auto silence = co_await say(site, "");
  CHECK(silence.size() < 100);
  while (site.server->connections() > 0) co_await sleep_for(1ms);
}

Task<void> cut_short(Executor executor) {
  World world;
  auto tls = *make_client_tls(world.authority.certificate_pem);
  SecureSite site(executor, *make_server_tls(world.server.own));
  auto stream = co_await start_tls_client(co_await connect_to(site), tls, "");
  (void)co_await write_all(**stream, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  auto answer = co_await read_to_end(**stream);
  CHECK(answer.ends_with("|0"));  // a proper end, not a reset

  auto other = co_await start_tls_client(co_await connect_to(site), tls, "");
  (void)co_await write_all(**other, "GET");
  co_await site.server->shut_down(0ms);
  auto broken = co_await read_to_end(**other);
  CHECK(broken == "<reset>");
}

}  // namespace

TEST_CASE("requests go through TLS, large ones too") { run(plain_tls); }
TEST_CASE("mutual TLS lets in only what our authority signed for clients") { run(mutual); }
TEST_CASE("a client refuses a server that is not the one it wants") { run(servers_identity); }
TEST_CASE("a server is checked by name") { run(by_name); }
TEST_CASE("a TLS port says nothing to those who speak no TLS") { run(no_tls); }
TEST_CASE("an end without notice is a broken connection") { run(cut_short); }

TEST_CASE("certificates have the wanted lifetime, and unlike serials") {
  World world;
  auto end = *certificate_expiry(world.server.own.certificate_pem);
  auto wanted = std::chrono::system_clock::now() + 1h;
  CHECK(end > wanted - 60s);
  CHECK(end < wanted + 60s);
  CHECK(*certificate_expiry(world.authority.certificate_pem) > std::chrono::system_clock::now() + 24h * 3600);
  CHECK(world.server.fingerprint.size() == 64);
  CHECK(world.server.fingerprint != world.client.fingerprint);
}

TEST_CASE("broken PEM, a foreign key and forged requests are refused") {
  World world;
  CHECK(!certificate_fingerprint("nonsense").has_value());
  CHECK(!certificate_expiry("").has_value());
  CHECK(!make_client_tls("nonsense").has_value());
  CHECK(!make_server_tls({world.server.own.certificate_pem, world.client.own.private_key_pem}).has_value());
  CHECK(!make_server_tls(world.server.own, "nonsense").has_value());
  CHECK(!make_signing_request(Secret("nonsense"), "x").has_value());
  CHECK(!sign_request(world.authority, "nonsense", server_profile()).has_value());
  auto request = *make_signing_request(world.server.own.private_key_pem, "x");
  auto forged = request;
  auto middle = forged.size() / 2;
  forged[middle] = forged[middle] == 'A' ? 'B' : 'A';
  CHECK(!sign_request(world.authority, forged, server_profile()).has_value());
  auto profile = server_profile();
  profile.dns_names = {"a,IP:1.2.3.4"};
  CHECK(!sign_request(world.authority, request, profile).has_value());
}
