// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/gateway/credentials.h"

#include <doctest/doctest.h>

#include "sandbar/control/gateway/signer.h"

using namespace sandbar;
using namespace sandbar::control;
using namespace sandbar::control::gateway;
using namespace std::chrono_literals;

namespace {

struct Fixture {
  access::Keys keys = *access::Keys::derive(Secret(std::string(40, 's')));
  FakeClock clock{Time(1'700'000'000s)};
  access::Tokens tokens{keys, clock};
  Signer signer{keys};
  SandboxId id = SandboxId::random();

  Credentials take(http::RequestHead& head, std::uint16_t port = 8000) {
    return take_credentials(head, {"x", id, port}, tokens, "guest-token");
  }
};

const std::string kKey = "sbk_" + std::string(40, 'a');

}  // namespace

TEST_CASE_FIXTURE(Fixture, "SB-9: what is ours is taken out of a request, what is a service's own stays") {
  auto user = tokens.issue({.sub = UserId::random()});
  http::RequestHead ours{"GET",
                         "/",
                         {{"X-API-Key", kKey},
                          {"Authorization", "Bearer " + user},
                          {"E2B-Traffic-Access-Token", "t"},
                          {"X-Access-Token", "guest-token"},
                          {"Referer", "https://x/?sandbar_token=1.a"},
                          {"X-Other", "1"}}};
  auto credentials = take(ours);
  CHECK(credentials.api_key == kKey);
  CHECK(credentials.user_token == user);
  CHECK(credentials.traffic_token == "t");
  CHECK(credentials.guest_token == "guest-token");
  REQUIRE(ours.headers.entries().size() == 1);
  CHECK(ours.headers.has("X-Other"));
  http::RequestHead theirs{
      "GET",
      "/",
      {{"X-API-Key", "my-own"}, {"Authorization", "Bearer abc"}, {"X-Access-Token", "their-token"}}};
  CHECK(!take(theirs).any());
  CHECK(theirs.headers.entries().size() == 3);
  http::RequestHead basic{
      "GET", "/", {{"Authorization", "Basic dXNlcjo="}, {"X-Access-Token", "guest-token"}}};
  CHECK(take(basic, 49983).guest_token == "guest-token");
  CHECK(basic.headers.entries().size() == 2);
}

TEST_CASE_FIXTURE(Fixture, "SB-9: a link's token leaves the address, and nothing else of it changes") {
  struct Case {
    std::string before, after, token;
  };
  for (const auto& [before, after, token] :
       {Case{"/?sandbar_token=1.a", "/", "1.a"}, Case{"/p?a=%20b&sandbar_token=1.a&c", "/p?a=%20b&c", "1.a"},
        Case{"/p?sandbar_token=1%2Ea&&x=", "/p?&x=", "1.a"}, Case{"//e?x=1&sandbar_token=", "//e?x=1", ""}}) {
    CAPTURE(before);
    http::RequestHead head{"GET", before, {}};
    CHECK(take(head).link == token);
    CHECK(head.target == after);
  }
  http::RequestHead other{"GET", "/sandbar_token=1?xsandbar_token=2&a", {}};
  CHECK(!take(other).link);
  CHECK(other.target == "/sandbar_token=1?xsandbar_token=2&a");
}

TEST_CASE_FIXTURE(Fixture, "SB-9: of the cookies only ours goes") {
  http::RequestHead head{
      "GET",
      "/",
      {{"Cookie", "a=1; sandbar_link=1.x; b=\"2\""}, {"cookie", "__Host-sandbar_link=2.y"}, {"X", "1"}}};
  CHECK(take(head).link_cookie == "2.y");
  CHECK(head.headers.get("Cookie") == "a=1; b=\"2\"");
  CHECK(head.headers.entries().size() == 2);
  http::RequestHead other{"GET", "/", {{"Cookie", "a=1;b=2;  c"}}};
  CHECK(!take(other).any());
  CHECK(other.headers.get("Cookie") == "a=1;b=2;  c");
}

TEST_CASE_FIXTURE(Fixture, "SB-9: a link opens one port of one sandbox, until its time or its revocation") {
  auto until = clock.now() + 60s;
  auto token = signer.link_token(id, 8000, 3, until);
  auto now = clock.now();
  CHECK(signer.accepts_link(token, id, 8000, 3, now));
  CHECK(!signer.accepts_link(token, id, 8001, 3, now));
  CHECK(!signer.accepts_link(token, SandboxId::random(), 8000, 3, now));
  CHECK(!signer.accepts_link(token, id, 8000, 4, now));
  CHECK(signer.accepts_link(token, id, 8000, 3, until - 1s));
  CHECK(!signer.accepts_link(token, id, 8000, 3, until));
  auto longer = "9" + token;
  for (std::string bad :
       {std::string(), std::string("."), token + "a", token.substr(0, token.size() - 1), longer,
        std::string("1700000060."), std::string(500, '1') + ".a", std::string("-5.a")})
    CHECK_MESSAGE(!signer.accepts_link(bad, id, 8000, 3, now), bad);
  CHECK(signer.traffic_token(id, 0).size() == 64);
  CHECK(signer.traffic_token(id, 0) != signer.traffic_token(id, 1));
  CHECK(signer.traffic_token(id, 0) != access::guest_access_token(keys, id).reveal());
}
