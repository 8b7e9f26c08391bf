// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/authority/service.h"

#include <doctest/doctest.h>

#include "sandbar/control/schema/test_schema.h"

using namespace sandbar;
using namespace sandbar::control;
using namespace sandbar::control::authority;

namespace {

Secret key_of(char c) { return Secret(std::string(32, c)); }

Task<void> opening(pg::Database& database) {
  auto first = co_await Authority::open(database, key_of('a'));
  REQUIRE(first);
  auto second = co_await Authority::open(database, key_of('a'));
  CHECK((*first)->certificate_pem() == (*second)->certificate_pem());
  auto other = co_await Authority::open(database, key_of('b'));
  CHECK(other.error().code == Errc::invalid_request);
  CHECK((*second)->make_agent_tls());
}

Task<void> signing(pg::Database& database) {
  auto authority = co_await Authority::open(database, key_of('a'));
  auto key = http::make_private_key();
  auto request = http::make_signing_request(*key, "somebody else");
  auto certificate = (*authority)->sign_agent(HostId::random(), *request, std::chrono::hours(30 * 24));
  REQUIRE(certificate);
  CHECK(certificate->fingerprint == *http::certificate_fingerprint(certificate->pem));
  CHECK(certificate->expires_at > SystemClock().now() + std::chrono::hours(29 * 24));
  CHECK(!(*authority)->sign_agent(HostId::random(), "not a request", std::chrono::hours(1)));
}

}  // namespace

TEST_CASE("the authority is made once, and opens only with the secret that it was made with") {
  with_schema(opening);
}
TEST_CASE("an agent's request becomes a certificate for that host, and nonsense does not") {
  with_schema(signing);
}
