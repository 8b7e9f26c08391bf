// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/access/gate.h"

#include <doctest/doctest.h>

using namespace sandbar;
using namespace sandbar::control::access;

namespace {

Actor someone(std::optional<TeamRole> role, bool is_admin = false) {
  Actor actor{.type = ActorType::user, .id = "usr-x", .is_platform_admin = is_admin};
  if (role) actor.team = Team{TeamId::random(), "t", "s"};
  actor.role = role;
  return actor;
}

std::string outcome(http::Access access, const Actor& actor) {
  auto checked = check(access, actor);
  return checked ? "in" : std::string(info_of(checked.error().code).name);
}

}  // namespace

TEST_CASE("each access lets in exactly whom it names") {
  using enum http::Access;
  auto member = someone(TeamRole::member), admin = someone(TeamRole::admin), owner = someone(TeamRole::owner),
       nobody = someone({}), platform = someone({}, true), removed = someone({});
  removed.meant_team = TeamId::random();
  struct Row {
    http::Access access;
    const Actor& actor;
    std::string expected;
  };
  const Row rows[] = {
      {session, nobody, "in"},
      {session, removed, "in"},
      {user, nobody, "no_team"},
      {user, removed, "forbidden"},
      {user, member, "in"},
      {team_member, member, "in"},
      {team_member, nobody, "no_team"},
      {team_admin, member, "forbidden"},
      {team_admin, admin, "in"},
      {team_admin, owner, "in"},
      {team_admin, nobody, "no_team"},
      {team_owner, owner, "in"},
      {team_owner, admin, "forbidden"},
      {team_owner, nobody, "no_team"},
      {platform_admin, owner, "forbidden"},
      {platform_admin, platform, "in"},
  };
  for (const auto& row : rows) CHECK(outcome(row.access, row.actor) == row.expected);
}

TEST_CASE("W8: only trusted proxies say whom they forward for") {
  const std::vector<std::string> trusted{"127.0.0.1", "10.0.0.2"};
  CHECK(client_address("203.0.113.7:4711", "198.51.100.1", trusted) == "203.0.113.7");
  CHECK(client_address("127.0.0.1:4711", "", trusted) == "127.0.0.1");
  CHECK(client_address("127.0.0.1:4711", "203.0.113.7", trusted) == "203.0.113.7");
  CHECK(client_address("127.0.0.1:4711", "6.6.6.6, 203.0.113.7, 10.0.0.2", trusted) == "203.0.113.7");
  CHECK(client_address("127.0.0.1:4711", "203.0.113.7", {}) == "127.0.0.1");
}

TEST_CASE("AK-1: a key is let in by the scope of the row's kind, and by read where nothing changes") {
  using enum KeyScope;
  auto with = [](std::vector<KeyScope> scopes) {
    Actor actor{.type = ActorType::api_key};
    actor.api_key = ApiKeyId::random();
    actor.scopes = std::move(scopes);
    return actor;
  };
  CHECK(check_scope({sandboxes, false}, with({sandboxes})));
  CHECK(check_scope({sandboxes, true}, with({sandboxes})));
  CHECK(check_scope({sandboxes, true}, with({read})));
  CHECK(!check_scope({sandboxes, false}, with({read})));
  CHECK(!check_scope({sandboxes, true}, with({templates})));
  CHECK(!check_scope({templates, false}, with({read, sandboxes, hosts})));
  CHECK(check_scope({templates, false}, someone(TeamRole::member)));
}
