// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/hosts/address.h"

#include <doctest/doctest.h>

using namespace sandbar;
using namespace sandbar::control::hosts;

namespace {

const std::vector<Network> kNone;

}  // namespace

TEST_CASE("an address is a host and a port, or the word for an agent that dials out") {
  for (const char* good : {"10.0.0.7:7443", "host-1.example.org:7443", "[2001:db8::1]:7443", "127.0.0.1:1",
                           "localhost:65535", "tunnel"})
    CHECK(check_address(good, HostType::regular, kNone));
  for (const char* bad : {"", "10.0.0.7", ":7443", "10.0.0.7:0", "10.0.0.7:65536", "10.0.0.7:x", "a b:1",
                          "http://a:1", "2001:db8::1:7443", "[a]:1", "a/b:1", "-a:1", "[]:1", "user@a:1"})
    CHECK(!check_address(bad, HostType::regular, kNone));
}

TEST_CASE("HT-1, W5: a team's own host cannot point control into control's own networks") {
  for (const char* good : {"8.8.8.8:7443", "172.32.0.1:1", "100.128.0.1:1", "[2a01:4f8::1]:7443", "tunnel"})
    CHECK(check_address(good, HostType::byoc, kNone));
  for (const char* bad : {"127.0.0.1:7443",
                          "127.9.9.9:1",
                          "localhost:7443",
                          "0.0.0.0:1",
                          "0.1.2.3:1",
                          "10.0.0.7:7443",
                          "172.16.0.1:1",
                          "172.31.255.255:1",
                          "192.168.1.1:1",
                          "100.64.0.1:1",
                          "198.18.0.1:1",
                          "192.0.2.1:1",
                          "169.254.169.254:80",
                          "[::1]:1",
                          "[::]:1",
                          "[fe80::1]:1",
                          "[fd00::1]:1",
                          "[::ffff:127.0.0.1]:1",
                          "[::ffff:10.0.0.1]:1",
                          "[64:ff9b::a00:1]:1",
                          "[2002:a00:1::]:1",
                          "224.0.0.1:1",
                          "255.255.255.255:1",
                          "metadata.internal:80",
                          "8.8.8.8"})
    CHECK(!check_address(bad, HostType::byoc, kNone));
}

TEST_CASE("HT-1: a team's own host may be in a network that the operator allows") {
  std::vector<Network> allowed{*parse_network("10.20.0.0/15"), *parse_network("127.0.0.1"),
                               *parse_network("fd00:1::/32")};
  for (const char* good : {"10.20.0.1:1", "10.21.255.255:1", "127.0.0.1:1", "[fd00:1:2::3]:1"})
    CHECK(check_address(good, HostType::byoc, allowed));
  for (const char* bad : {"10.22.0.1:1", "10.19.255.255:1", "127.0.0.2:1", "[fd00:2::1]:1"})
    CHECK(!check_address(bad, HostType::byoc, allowed));
  for (const char* bad : {"", "10.0.0.0/33", "10.0.0.0/x", "10.0.0.0/-1", "nonsense/8", "fd00::/129"})
    CHECK(!parse_network(bad));
}
