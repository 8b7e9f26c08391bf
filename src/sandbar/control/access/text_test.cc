// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/access/text.h"

#include <doctest/doctest.h>

using namespace sandbar::control::access;

TEST_CASE("US-1: names are composed and lose the white space around them, of whatever kind") {
  CHECK(normal_text(" Zoe\u0308 ") == "Zo\u00eb");
  CHECK(normal_text("\u00a0\u2003Ann Lee\u3000\t") == "Ann Lee");
  CHECK(normal_text(" \u00a0 ").empty());
  CHECK(normal_text("\xff") == "\xff");
}

TEST_CASE("C15: lengths of names count characters") {
  std::string hundred, more;
  for (int i = 0; i < 100; ++i) hundred += "🙂";
  more = hundred + "🙂";
  CHECK(is_plain_text(hundred, 100));
  CHECK_FALSE(is_plain_text(more, 100));
  CHECK(shortened(more, 100) == hundred);
}

TEST_CASE("a name can be seen, and cannot break a line") {
  CHECK(is_plain_text("Zoë O'Neil 🙂", 100));
  for (auto text : {"", " ", "\u200b\u200d", "A\nB", "A\u0085", "A\u2028", "\xff", "\x1b[31m"})
    CHECK_FALSE(is_plain_text(text, 100));
}
