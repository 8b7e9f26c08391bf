// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <string>

#include "sandbar/model/names.h"
#include "sandbar/model/sandbox_state.h"

using namespace sandbar;

TEST_CASE("every state but pending can be reached, and every state but stopped can be left for it") {
  boost::mp11::mp_for_each<boost::describe::describe_enumerators<SandboxState>>([](auto d) {
    if (d.value != SandboxState::pending) CHECK_MESSAGE(!sources_of(d.value).empty(), d.name);
    if (d.value != SandboxState::stopped && d.value != SandboxState::stopping)
      CHECK_MESSAGE(can_move(d.value, SandboxState::stopping), d.name);
  });
}

TEST_CASE("template names cannot walk the file system") {
  for (auto name : {"base", "py3.12_x-1", "A"}) CHECK(is_template_name(name));
  for (auto name : {"", "..", ".x", "a/b", "-a", "a b", "é"}) CHECK_MESSAGE(!is_template_name(name), name);
  CHECK(is_template_name(std::string(64, 'a')));
  CHECK(!is_template_name(std::string(65, 'a')));
}

TEST_CASE("team names take what people are called, and no markup") {
  for (auto name : {"O'Brien @ Work-1_x", "Zoë's Team"}) CHECK_MESSAGE(is_team_name(name), name);
  for (auto name : {"", " a", "<b>", "a\nb", "\xff"}) CHECK_MESSAGE(!is_team_name(name), name);
  CHECK(!is_team_name(std::string(129, 'a')));
}
