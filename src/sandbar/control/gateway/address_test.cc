// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/gateway/address.h"

#include <doctest/doctest.h>

using namespace sandbar;
using namespace sandbar::control::gateway;

namespace {

constexpr auto kUuid = "0b6f3a52-1f4e-4c7a-9a53-2d1d6f1f5a11";
constexpr auto kHex = "0b6f3a521f4e4c7a9a532d1d6f1f5a11";

http::RequestHead request(std::string host, http::Headers headers = {}) {
  headers.set("Host", host);
  return {"GET", "/", std::move(headers)};
}

bool is_ours(std::string host, http::Headers headers = {}) {
  return is_traffic(request(std::move(host), std::move(headers)), "boxes.example");
}

Result<Address> parse(std::string host, http::Headers headers = {}) {
  return address_of(request(std::move(host), std::move(headers)), "boxes.example");
}

}  // namespace

TEST_CASE("SB-9: host names under the domain with a port and an id are traffic, all others are the API's") {
  auto label = std::string("8000-") + kHex;
  for (auto host :
       {label + ".boxes.example", label + ".BOXES.example:8443", std::string("x-y.boxes.example")})
    CHECK_MESSAGE(is_ours(host), host);
  for (auto host :
       {std::string("boxes.example"), std::string("api.boxes.example"), label + ".other.example",
        label + ".xboxes.example", "a." + label + ".boxes.example", label, std::string("127.0.0.1:80"),
        std::string("localhost"), std::string("[::1]:80"), std::string()})
    CHECK_MESSAGE(!is_ours(host), host);
}

TEST_CASE("SB-9: headers route on addresses and shared names only") {
  http::Headers headers{{"E2b-Sandbox-Id", kHex}, {"e2b-sandbox-port", "49983"}};
  for (auto host :
       {"127.0.0.1:8080", "[::1]:8080", "localhost", "sandbox.boxes.example", "SANDBOX.elsewhere"}) {
    CHECK_MESSAGE(is_ours(host, headers), host);
    auto address = parse(host, headers);
    REQUIRE(address);
    CHECK(address->port == 49983);
    CHECK(address->id->uuid().hex() == kHex);
  }
  for (auto host : {"boxes.example", "api.boxes.example", "control.internal"})
    CHECK_MESSAGE(!is_ours(host, headers), host);
  auto by_name = parse(std::string("80-") + kHex + ".boxes.example", headers);
  REQUIRE(by_name);
  CHECK(by_name->port == 80);
  auto half = parse("127.0.0.1", {{"E2b-Sandbox-Id", kHex}});
  CHECK(half.error().message == "missing header E2b-Sandbox-Port");
  CHECK(is_ours("127.0.0.1", {{"E2b-Sandbox-Port", "1"}}));
}

TEST_CASE("SB-9: an id comes as hex digits, as a UUID or as ours") {
  for (auto name :
       {std::string(kHex), std::string(kUuid), std::string("sb-") + kUuid, kHex + std::string("-1a2b")}) {
    CAPTURE(name);
    auto address = parse("3000-" + name + ".boxes.example:99");
    REQUIRE(address);
    CHECK(address->port == 3000);
    CHECK(address->id->uuid().str() == kUuid);
  }
  auto unknown = parse("3000-nonexistingsandbox.boxes.example");
  REQUIRE(unknown);
  CHECK(!unknown->id);
  CHECK(unknown->name == "nonexistingsandbox");
}

TEST_CASE("SB-9: bad ports, ids and hosts are refused in the words of E2B's proxy") {
  for (auto port : {"0", "65536", "99999999999", "-1", "+1", "8a", ""})
    CHECK_MESSAGE(
        parse("127.0.0.1", {{"E2b-Sandbox-Id", kHex}, {"E2b-Sandbox-Port", port}}).error().message ==
            "Invalid sandbox port",
        port);
  CHECK(parse(std::string("x-") + kHex + ".boxes.example").error().message == "Invalid sandbox port");
  CHECK(parse("80-a_b.boxes.example").error().message == "Invalid sandbox ID");
  CHECK(parse("80-.boxes.example").error().message == "Invalid sandbox ID");
  CHECK(parse("nodash.boxes.example").error().message == "Invalid host");
}
