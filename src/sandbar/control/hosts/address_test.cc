// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/hosts/address.h"

#include <doctest/doctest.h>

using namespace sandbar;
using namespace sandbar::control::hosts;

TEST_CASE("an address is a host and a port") {
  for (const char* good :
       {"10.0.0.7:7443", "host-1.example.org:7443", "[2001:db8::1]:7443", "127.0.0.1:1", "localhost:65535"})
    CHECK(check_address(good, HostType::regular));
  for (const char* bad : {"", "10.0.0.7", ":7443", "10.0.0.7:0", "10.0.0.7:65536", "10.0.0.7:x", "a b:1",
                          "http://a:1", "2001:db8::1:7443", "[a]:1", "a/b:1", "-a:1", "[]:1", "user@a:1"})
    CHECK(!check_address(bad, HostType::regular));
}

TEST_CASE("a team's own host cannot point control at its own machine") {
  for (const char* good : {"10.0.0.7:7443", "203.0.113.5:7443", "[2001:db8::1]:7443"})
    CHECK(check_address(good, HostType::byoc));
  for (const char* bad : {"127.0.0.1:7443", "127.9.9.9:1", "localhost:7443", "0.0.0.0:1", "0.1.2.3:1",
                          "169.254.169.254:80", "[::1]:1", "[::]:1", "[fe80::1]:1", "[::ffff:127.0.0.1]:1",
                          "224.0.0.1:1", "255.255.255.255:1", "metadata.internal:80"})
    CHECK(!check_address(bad, HostType::byoc));
}
