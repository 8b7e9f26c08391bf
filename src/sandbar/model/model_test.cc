// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <string>

#include "sandbar/model/cursor.h"
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

TEST_CASE("a cursor survives its trip through a client, and a forged one is refused") {
  Cursor cursor{*parse_rfc3339("2026-03-01T12:00:00.123456Z"), Uuid::random()};
  auto back = Cursor::parse(cursor.str());
  REQUIRE(back);
  CHECK(back->at == cursor.at);
  CHECK(back->id == cursor.id);
  for (auto text : {"", "x", "%%%", "MjAyNg"}) CHECK_MESSAGE(!Cursor::parse(text), text);
}

TEST_CASE("a page is cut where it was asked to end") {
  struct Row {
    Time created_at{};
    SandboxId id;
  };
  std::vector<Row> rows(3);
  auto next = cut_page(rows, 2);
  CHECK(rows.size() == 2);
  CHECK(next.has_value());
  CHECK(!cut_page(rows, 2));
}
