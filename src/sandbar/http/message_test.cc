// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "sandbar/http/message.h"

using namespace sandbar::http;

TEST_CASE("header names compare without case, and their order is kept") {
  Headers headers{{"Content-Type", "a"}, {"X-One", "1"}, {"x-one", "2"}};
  CHECK(headers.get("content-type") == "a");
  CHECK(headers.get("X-ONE") == "1");
  CHECK(headers.has("x-oNe"));
  CHECK(!headers.has("X-Two"));
  CHECK(headers.get("X-Two").empty());
  headers.set("X-One", headers.get("x-one"));
  REQUIRE(headers.entries().size() == 2);
  CHECK(headers.entries()[1] == Headers::Entry{"X-One", "1"});
  headers.add("X-One", "3");
  headers.remove("x-ONE");
  CHECK(headers.entries().size() == 1);
}

TEST_CASE("a target splits into path and query") {
  RequestHead head{"GET", "/a%20b?x=1&y=2", {}};
  CHECK(head.path() == "/a%20b");
  CHECK(head.raw_query() == "x=1&y=2");
  CHECK(RequestHead{"GET", "/a", {}}.raw_query().empty());
}

TEST_CASE("query parameters are decoded, and wrong escapes count as absent") {
  RequestHead head{"GET", "/?a=1%2b+2&b&c=%zz&a=3&&d%20e=f&g=", {}};
  CHECK(head.query("a") == "1+ 2");
  CHECK(head.query("b") == "");
  CHECK(!head.query("c"));
  CHECK(!head.query("missing"));
  CHECK(!head.query(""));
  CHECK(head.query("d e") == "f");
  CHECK(head.query("g") == "");
  CHECK(head.query_all("a") == std::vector<std::string>{"1+ 2", "3"});
}

TEST_CASE("every status has a reason phrase") {
  CHECK(reason_phrase(431) == "Request Header Fields Too Large");
  CHECK(!reason_phrase(299).empty());
}
