// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/teams/service.h"

#include <doctest/doctest.h>

#include "sandbar/control/schema/test_schema.h"

using namespace sandbar;
using namespace sandbar::control;
using namespace sandbar::control::teams;

namespace {

constexpr pg::Statement<2> kInsertUser{"test_insert_user",
                                       "INSERT INTO users (id, email, name) VALUES ($1, $2, '')"};
constexpr pg::Statement<1> kDeleteTeam{"test_delete_team",
                                       "UPDATE teams SET deleted_at = now() WHERE id = $1"};
constexpr pg::Statement<2> kSecondOwner{
    "test_second_owner", "INSERT INTO users_teams (user_id, team_id, role) VALUES ($1, $2, 'owner')"};

Task<access::Actor> new_user(pg::Database& database) {
  access::Actor actor{.type = access::ActorType::user};
  actor.user = UserId::random();
  actor.id = actor.user->str();
  CHECK(co_await database.query(kInsertUser, *actor.user, actor.user->uuid().hex() + "@example.org"));
  co_return actor;
}

Task<void> creating(pg::Database& database) {
  TeamsService service(database);
  auto ann = co_await new_user(database);
  auto team = co_await service.create(ann, "  O'Brien @ Work-1_x ");
  REQUIRE(team);
  CHECK(team->name == "O'Brien @ Work-1_x");
  CHECK(team->slug.size() == 13);
  CHECK(team->role == TeamRole::owner);
  auto listed = co_await service.list(*ann.user);
  CHECK(listed->size() == 1);
  auto detail = co_await service.get(team->id);
  CHECK(detail->members.size() == 1);
  CHECK(detail->members[0].user_id == *ann.user);
  for (const char* bad : {"", "  ", "<b>", "a\nb"}) {
    auto refused = co_await service.create(ann, bad);
    CHECK(refused.error().code == Errc::invalid_request);
  }
}

Task<void> renaming(pg::Database& database) {
  TeamsService service(database);
  auto ann = co_await new_user(database);
  auto team = co_await service.create(ann, "before");
  CHECK(co_await service.rename(ann, team->id, "after"));
  auto detail = co_await service.get(team->id);
  CHECK(detail->team.name == "after");
  CHECK(detail->team.slug == team->slug);
  CHECK(co_await database.query(kDeleteTeam, team->id));
  auto gone = co_await service.rename(ann, team->id, "later");
  CHECK(gone.error().code == Errc::not_found);
  auto listed = co_await service.list(*ann.user);
  CHECK(listed->empty());
}

Task<void> owners(pg::Database& database) {
  TeamsService service(database);
  auto ann = co_await new_user(database);
  auto bob = co_await new_user(database);
  auto team = co_await service.create(ann, "one");
  auto second = co_await database.query(kSecondOwner, *bob.user, team->id);
  REQUIRE(!second);
  CHECK(pg::violates(second.error(), "users_teams_one_owner"));
}

}  // namespace

TEST_CASE("who creates a team owns it, and bad names are refused") { with_schema(creating); }
TEST_CASE("renaming keeps the slug, and a deleted team cannot be renamed nor listed") {
  with_schema(renaming);
}
TEST_CASE("the database refuses a second owner") { with_schema(owners); }
