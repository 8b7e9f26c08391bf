// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/users/validate.h"

#include <doctest/doctest.h>

using namespace sandbar;
using namespace sandbar::control::users;

namespace {

std::string repeated(std::string_view text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

}  // namespace

TEST_CASE("C15: passwords and names are measured in characters") {
  CHECK(check_password(Secret(repeated("ü", 8))));
  CHECK_FALSE(check_password(Secret(repeated("🙂", 7))));
  CHECK(check_password(Secret(repeated("🙂", 1024))));
  CHECK_FALSE(check_password(Secret(repeated("p", 1025))));
  CHECK(checked_name(repeated("🙂", 100)));
  CHECK_FALSE(checked_name(repeated("a", 101)));
}

TEST_CASE("US-1: addresses are trimmed, lower-cased, and have something on both sides of one @") {
  CHECK(normal_email(" Bob@X.io ") == "bob@x.io");
  for (auto bad : {"", "a", "@", "a@", "@b", "@@@", "a@b@c", "a b@c", "a@b\n", "<a@b.c>", "a@b,c@d"})
    CHECK_FALSE(is_email(bad));
  for (auto good : {"a@b", "x_%y@example.org", "zoë@example.org"}) CHECK(is_email(good));
}

TEST_CASE("OA-1: whatever another provider calls somebody becomes a name") {
  CHECK(usable_name("  Octo Cat ", "o@x.io") == "Octo Cat");
  CHECK(usable_name("", "octo@x.io") == "octo");
  CHECK(usable_name("A\nB", "octo@x.io") == "octo");
  CHECK(usable_name(repeated("é", 200), "octo@x.io") == repeated("é", 100));
}
