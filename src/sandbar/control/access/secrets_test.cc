// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/access/secrets.h"

#include <doctest/doctest.h>

#include "sandbar/base/strings.h"
#include "sandbar/control/access/service.h"

using namespace sandbar;
using namespace sandbar::control::access;

TEST_CASE("HMAC-SHA256 agrees with RFC 4231, also when its object is used again") {
  Hmac hmac(Secret("Jefe"));
  constexpr auto kDigest = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
  CHECK(to_hex(hmac.sign("what do ya want for nothing?")) == kDigest);
  CHECK(to_hex(hmac.sign("what do ya want for nothing?")) == kDigest);
  CHECK(to_hex(hmac_sha256(std::string(131, '\xaa'),
                           "Test Using Larger Than Block-Size Key - Hash Key First")) ==
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST_CASE("every purpose has a key of its own, and a short secret is refused") {
  auto keys = Keys::derive(Secret(std::string(32, 'x')));
  REQUIRE(keys);
  CHECK(keys->tokens.front().users.reveal() != keys->tokens.front().hosts.reveal());
  CHECK(keys->guest_token.reveal() != keys->authority.reveal());
  CHECK(!Keys::derive(Secret(std::string(31, 'x'))));
  auto one = guest_access_token(*keys, SandboxId::random());
  CHECK(one.reveal().size() == 64);
  CHECK(one.reveal() != guest_access_token(*keys, SandboxId::random()).reveal());
}

TEST_CASE("an API key is the same with either prefix, and nothing else is one") {
  std::string digits(40, 'a');
  CHECK(secret_of_api_key("sbk_" + digits) == digits);
  CHECK(secret_of_api_key("e2b_" + digits) == digits);
  for (const auto& bad :
       {digits, "abc_" + digits, "sbk_" + digits + "a", "sbk_" + std::string(40, 'A'), std::string("sbk_")})
    CHECK(!secret_of_api_key(bad));
}

TEST_CASE("stored forms are SHA-256, and comparing looks at everything") {
  CHECK(stored_form("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(equal_secrets("abc", "abc"));
  CHECK(!equal_secrets("abc", "abd"));
  CHECK(!equal_secrets("abc", "ab"));
}
