// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/gateway/forwarded.h"

#include <doctest/doctest.h>

using namespace sandbar;
using namespace sandbar::control::gateway;

TEST_CASE("SB-9: a stranger's word about the way is replaced, a proxy's of ours is continued") {
  http::Headers headers{{"Host", "a:80"},
                        {"X-Forwarded-For", "1.1.1.1"},
                        {"Forwarded", "for=1.1.1.1"},
                        {"X-Forwarded-Proto", "https"},
                        {"X-Real-IP", "1.1.1.1"}};
  auto told = headers;
  add_forwarded(told, {"192.0.2.1:4711"});
  CHECK(told.get("X-Forwarded-For") == "192.0.2.1");
  CHECK(told.get("X-Forwarded-Proto") == "http");
  CHECK(told.get("X-Forwarded-Host") == "a:80");
  CHECK(told.get("Forwarded") == "for=192.0.2.1;proto=http;host=\"a:80\"");
  CHECK(!told.has("X-Real-IP"));
  auto continued = headers;
  add_forwarded(continued, {"[2001:db8::1]:4711", true, true});
  CHECK(continued.get("X-Forwarded-For") == "1.1.1.1, 2001:db8::1");
  CHECK(continued.get("X-Forwarded-Proto") == "https");
  CHECK(continued.get("Forwarded") == "for=1.1.1.1, for=\"[2001:db8::1]\";proto=https;host=\"a:80\"");
}

TEST_CASE("SB-9: a Host that would break out of its quotes is left out") {
  http::Headers headers{{"Host", "a:8\";for=evil"}};
  add_forwarded(headers, {"192.0.2.1:1"});
  CHECK(headers.get("Forwarded") == "for=192.0.2.1;proto=http");
  CHECK(host_of_mask("localhost:${PORT}", 80) == "localhost:80");
  CHECK(host_of_mask("x", 80) == "x");
}
