// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/teams/names.h"

#include <doctest/doctest.h>

using namespace sandbar;
using namespace sandbar::control::teams;

TEST_CASE("TM-6: team names take what people are called in any script, and no markup, controls or pictures") {
  for (auto name : {"O'Brien @ Work-1_x", "Zoë's Team", "日本語チーム", "Команда 7", "हिन्दी", "a"})
    CHECK_MESSAGE(team_name(name) == name, name);
  for (auto name :
       {"", "  ", "<b>", "a\nb", "a\tb", "\xff", "🚀", "a\u200bb", "a\u202eb", "a/b", "a\u00a0b", "\u0301a"})
    CHECK_MESSAGE(!team_name(name), name);
  CHECK(team_name(std::string(128, 'a')));
  CHECK(!team_name(std::string(129, 'a')));
  std::string umlauts;
  for (int i = 0; i < 128; ++i) umlauts += "ü";
  CHECK(team_name(umlauts));
  CHECK(!team_name(umlauts + "ü"));
}

TEST_CASE("TM-6: names that look alike are stored alike") {
  CHECK(team_name("Zoe\u0308") == "Zo\u00eb");
  CHECK(team_name("  trimmed ") == "trimmed");
}

TEST_CASE("C15: the name of a new user's team can always be saved again") {
  for (auto [user, team] : {std::pair("Zoë", "Zoë's Team"),
                            {"Ann <b>", "Ann b's Team"},
                            {"🚀", "My Team"},
                            {"Bob 🚀", "Bob's Team"},
                            {"\u0301", "My Team"},
                            {"\xff", "My Team"},
                            {"", "My Team"}}) {
    CHECK(default_team_name(user) == team);
    CHECK_MESSAGE(team_name(default_team_name(user)) == default_team_name(user), user);
  }
  std::string longest;
  for (int i = 0; i < 100; ++i) longest += "ж";
  CHECK(team_name(default_team_name(longest)));
}
