// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/access/tokens.h"

#include <doctest/doctest.h>

#include "sandbar/base/strings.h"

using namespace sandbar;
using namespace sandbar::control::access;
using namespace std::chrono_literals;

namespace {

struct Fixture {
  Keys keys = *Keys::derive(Secret(std::string(40, 's')));
  FakeClock clock{Time(1'700'000'000s)};
  Tokens tokens{keys, clock};
  UserClaims claims{.sub = UserId::random(),
                    .sid = SessionId::random(),
                    .team_id = TeamId::random(),
                    .role = TeamRole::admin,
                    .email = "a@b.c",
                    .name = "A"};
};

std::string payload_of(const std::string& token) { return *from_base64url(split(token, '.')[1]); }

}  // namespace

TEST_CASE_FIXTURE(Fixture, "a user's token carries its hints for six hours") {
  auto token = tokens.issue(claims);
  auto read = tokens.read_user(token);
  REQUIRE(read);
  CHECK(read->sub == claims.sub);
  CHECK(read->team_id == claims.team_id);
  CHECK(read->exp - read->iat == 21600);
  CHECK(payload_of(token).contains(R"("role":"admin")"));
  CHECK(!payload_of(token).contains("is_admin"));
  clock.advance(6h - 1s);
  CHECK(tokens.read_user(token));
  clock.advance(1s);
  CHECK(tokens.read_user(token).error().code == Errc::unauthorized);
}

TEST_CASE_FIXTURE(Fixture, "a token that was changed, or signed otherwise, is refused") {
  auto token = tokens.issue(claims);
  auto parts = split(token, '.');
  auto forged = payload_of(token);
  forged.replace(forged.find("admin"), 5, "owner");
  auto none = to_base64url(R"({"alg":"none","typ":"JWT"})");
  Tokens others(*Keys::derive(Secret(std::string(40, 'o'))), clock);
  for (const auto& bad : {std::string(), std::string("a.b.c"),
                          std::string(parts[0]) + "." + to_base64url(forged) + "." + std::string(parts[2]),
                          none + "." + std::string(parts[1]) + ".", token + "A",
                          token.substr(0, token.size() - 1), token + std::string(5000, 'x'),
                          std::string(parts[0]) + "." + std::string(parts[2]), others.issue(claims)})
    CHECK(tokens.read_user(bad).error().code == Errc::unauthorized);
}

TEST_CASE_FIXTURE(Fixture, "a new key signs while tokens of the old one are still believed") {
  auto from = [](const std::string& secrets) {
    return *Keys::derive(Secret(std::string(40, 's')), Secret(secrets));
  };
  auto first = std::string(32, 'a'), second = std::string(32, 'b');
  Tokens before(from(first), clock), both(from(second + ", " + first), clock), after(from(second), clock);
  auto old_one = before.issue(claims), new_one = both.issue(claims);
  auto host = HostId::random();
  CHECK(split(old_one, '.')[0] != split(new_one, '.')[0]);
  CHECK(both.read_user(old_one));
  CHECK(both.read_user(new_one));
  CHECK(*both.read_host(before.issue(host)) == host);
  CHECK(!after.read_user(old_one));
  CHECK(!after.read_host(before.issue(host)));
  CHECK(after.read_user(new_one));
  CHECK(!tokens.read_user(new_one));
  CHECK(!Keys::derive(Secret(std::string(40, 's')), Secret(first + ",short")));
  CHECK(!Keys::derive(Secret(std::string(40, 's')), Secret(first + ",")));
}

TEST_CASE_FIXTURE(Fixture, "a token says who made it and for whom, and has an id of its own") {
  auto token = tokens.issue(claims);
  CHECK(payload_of(token).contains(R"("iss":"sandbar","aud":"users","jti":")"));
  CHECK(payload_of(tokens.issue(HostId::random())).contains(R"("iss":"sandbar","aud":"hosts","jti":")"));
  CHECK(tokens.read_user(token)->jti != tokens.read_user(tokens.issue(claims))->jti);
}

TEST_CASE_FIXTURE(Fixture, "hosts and users cannot take each other's place") {
  auto host = HostId::random();
  auto token = tokens.issue(host);
  CHECK(*tokens.read_host(token) == host);
  CHECK(payload_of(token).contains(R"("typ":"host")"));
  CHECK(!tokens.read_user(token));
  CHECK(!tokens.read_host(tokens.issue(claims)));
  clock.advance(std::chrono::hours(7 * 24));
  CHECK(!tokens.read_host(token));
}
