// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/access/source_network.h"

#include <doctest/doctest.h>

using sandbar::control::access::source_network;

TEST_CASE("a limit by address counts the networks that people get, however they write them") {
  CHECK(source_network("203.0.113.7") == "203.0.113.7");
  CHECK(source_network("::ffff:203.0.113.7") == "203.0.113.7");
  CHECK(source_network("2001:db8:0:1::17") == "2001:db8:0:1::/64");
  CHECK(source_network("2001:0DB8:0000:0001:ffff::") == "2001:db8:0:1::/64");
  CHECK(source_network("2001:db8:0:2::17") == "2001:db8:0:2::/64");
  CHECK(source_network("") == "");
  CHECK(source_network("fe80::1%eth0") == "fe80::1%eth0");
}
