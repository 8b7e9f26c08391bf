// SPDX-License-Identifier: Apache-2.0
#include "sandbar/chain/chain.h"

#include <doctest/doctest.h>

#include <boost/json.hpp>

using namespace sandbar;
namespace bj = boost::json;

TEST_CASE("an entry has one canonical form, whatever the order and spacing it came in") {
  auto a = bj::parse(R"({"b": [1, {"y": null, "x": "é\n"}], "a": true})").as_object();
  auto b = bj::parse(R"({"a":true,"b":[1,{"x":"é\n","y":null}]})").as_object();
  CHECK(chain::canonical(a) == R"({"a":true,"b":[1,{"x":"é\n","y":null}]})");
  CHECK(chain::digest_of(a) == chain::digest_of(b));
  b["a"] = false;
  CHECK(chain::digest_of(a) != chain::digest_of(b));
}

TEST_CASE("digests and links are what sha256sum prints") {
  CHECK(chain::digest_of({}) == "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
  auto first = chain::link(chain::start(), chain::digest_of({}));
  CHECK(first == chain::link(chain::start(), chain::digest_of({})));
  CHECK(first != chain::link(first, chain::digest_of({})));
}
