// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/webhooks/addresses.h"

#include <doctest/doctest.h>

using namespace sandbar;
using namespace sandbar::control::webhooks;

TEST_CASE("W12: no address of a private, local or special network is permitted, in any spelling") {
  auto policy = *EgressPolicy::create({});
  for (const auto* address : {"0.0.0.0",
                              "0.1.2.3",
                              "10.0.0.1",
                              "100.64.0.1",
                              "100.127.255.255",
                              "127.0.0.1",
                              "127.255.0.1",
                              "169.254.169.254",
                              "172.16.0.1",
                              "172.31.255.255",
                              "192.0.0.1",
                              "192.168.1.1",
                              "198.18.0.1",
                              "203.0.113.5",
                              "224.0.0.1",
                              "239.1.1.1",
                              "255.255.255.255",
                              "::",
                              "::1",
                              "::ffff:127.0.0.1",
                              "::ffff:10.0.0.1",
                              "::ffff:a9fe:a9fe",
                              "::127.0.0.1",
                              "64:ff9b::7f00:1",
                              "fe80::1",
                              "fe80::1%1",
                              "fc00::1",
                              "fd00:ec2::254",
                              "ff02::1",
                              "2001:db8::1",
                              "2002:7f00:1::",
                              "2001:0:1::1",
                              "not an address",
                              ""}) {
    CAPTURE(address);
    CHECK(!policy.permits(address));
  }
  for (const auto* address : {"1.1.1.1", "100.63.255.255", "100.128.0.1", "172.32.0.1", "8.8.8.8",
                              "2606:4700:4700::1111", "::ffff:8.8.8.8"}) {
    CAPTURE(address);
    CHECK(policy.permits(address));
  }
}

TEST_CASE("ranges that the operator allows are permitted, and nothing beside them") {
  auto policy = *EgressPolicy::create({"127.0.0.1/32", "10.1.0.0/16", "fd00::/8"});
  CHECK(policy.permits("127.0.0.1"));
  CHECK(policy.permits("::ffff:127.0.0.1"));
  CHECK(!policy.permits("127.0.0.2"));
  CHECK(policy.permits("10.1.200.1"));
  CHECK(!policy.permits("10.2.0.1"));
  CHECK(policy.permits("fd12::1"));
  for (const auto* odd : {"10.0.0.0/33", "x", "10.0.0.0/", "10.0.0.0/-1", "fd00::/129"})
    CHECK(!EgressPolicy::create({odd}));
}

TEST_CASE("a URL is read, or refused with the reason") {
  auto url = parse_url("https://hooks.example.org:8443/in?x=1", false);
  REQUIRE(url);
  CHECK(url->host == "hooks.example.org");
  CHECK(url->port == 8443);
  CHECK(url->authority == "hooks.example.org:8443");
  CHECK(url->target == "/in?x=1");
  CHECK(parse_url("HTTPS://example.org", false)->target == "/");
  CHECK(parse_url("https://example.org?x", false)->target == "/?x");
  CHECK(parse_url("https://[2606:4700::1111]/x", false)->host == "2606:4700::1111");
  CHECK(!parse_url("http://example.org/", false));
  CHECK(parse_url("http://example.org/", true)->port == 80);
  for (const auto* odd :
       {"", "https://", "https:///x", "ftp://example.org", "https://a b", "https://user@example.org/",
        "https://example.org#x", "https://example.org:0/", "https://example.org:x/", "https://[::1",
        "https://[127.0.0.1]/", "https://ex\nample.org", "https://-x.org", "https://\xc3\xa9.org"}) {
    CAPTURE(odd);
    CHECK(!parse_url(odd, true));
  }
}
