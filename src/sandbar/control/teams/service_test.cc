// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/teams/service.h"

#include <doctest/doctest.h>

#include "sandbar/control/schema/test_schema.h"
#include "sandbar/control/teams/invitations.h"
#include "sandbar/control/teams/members.h"

using namespace sandbar;
using namespace sandbar::control;
using namespace sandbar::control::teams;

namespace {

constexpr pg::Statement<2> kInsertUser{"test_insert_user",
                                       "INSERT INTO users (id, email, name) VALUES ($1, $2, '')"};
constexpr pg::Statement<1> kDeleteTeam{"test_delete_team",
                                       "UPDATE teams SET deleted_at = now() WHERE id = $1"};
constexpr pg::Statement<1> kDisable{"test_disable", "UPDATE users SET status = 'disabled' WHERE id = $1"};
constexpr pg::Statement<1> kExpire{"test_expire",
                                   "UPDATE team_invitations SET expires_at = now() WHERE id = $1"};
constexpr pg::Statement<2> kTakeSlug{"test_take_slug",
                                     "INSERT INTO teams (id, name) VALUES ($1, $2) RETURNING slug"};
constexpr pg::Statement<1> kOtherSlug{"test_other_slug",
                                      "UPDATE teams SET slug = '000000-000001' WHERE id = $1"};
constexpr pg::Statement<1> kVerify{"test_verify", "UPDATE users SET email_verified_at = now() WHERE id = $1"};
constexpr pg::Statement<2> kSecondOwner{
    "test_second_owner", "INSERT INTO users_teams (user_id, team_id, role) VALUES ($1, $2, 'owner')"};

Task<access::Actor> new_user(pg::Database& database) {
  access::Actor actor{.type = access::ActorType::user};
  actor.user = UserId::random();
  actor.id = actor.user->str();
  actor.email = actor.user->uuid().hex() + "@example.org";
  CHECK(co_await database.query(kInsertUser, *actor.user, actor.email));
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

Task<void> transferring(pg::Database& database) {
  TeamsService service(database);
  MembersService members(database);
  auto ann = co_await new_user(database);
  auto bob = co_await new_user(database);
  auto eve = co_await new_user(database);
  auto team = co_await service.create(ann, "one");
  auto stranger = co_await service.transfer(ann, team->id, *bob.user);
  CHECK(stranger.error().code == Errc::not_found);
  CHECK(co_await members.add(ann, team->id, " " + bob.email + " "));
  auto usurper = co_await service.transfer(bob, team->id, *bob.user);
  CHECK(!usurper);
  auto forbidden = co_await service.transfer(bob, team->id, *ann.user);
  CHECK(forbidden.error().code == Errc::forbidden);
  CHECK(co_await database.query(kDisable, *eve.user));
  auto disabled = co_await members.add(ann, team->id, eve.email);
  CHECK(disabled.error().code == Errc::not_found);
  CHECK(co_await service.transfer(ann, team->id, *bob.user));
  auto listed = co_await members.list(team->id);
  REQUIRE(listed->size() == 2);
  CHECK((*listed)[0].role == TeamRole::admin);
  CHECK((*listed)[1].role == TeamRole::owner);
}

Task<void> changing_members(pg::Database& database) {
  TeamsService service(database);
  MembersService members(database);
  auto ann = co_await new_user(database);
  auto bob = co_await new_user(database);
  auto team = (co_await service.create(ann, "one"))->id;
  auto added = co_await members.add(ann, team, bob.email);
  CHECK(added->role == TeamRole::member);
  auto twice = co_await members.add(ann, team, bob.email);
  CHECK(twice.error().code == Errc::already_member);
  auto by_member = co_await members.remove(bob, team, *ann.user);
  CHECK(by_member.error().code == Errc::forbidden);
  CHECK(co_await members.change_role(ann, team, *bob.user, TeamRole::admin));
  auto owner = co_await members.change_role(bob, team, *ann.user, TeamRole::member);
  CHECK(owner.error().code == Errc::forbidden);
  auto removed = co_await members.remove(bob, team, *ann.user);
  CHECK(removed.error().code == Errc::forbidden);
  auto left = co_await members.leave(ann, team);
  CHECK(left.error().code == Errc::forbidden);
  CHECK(co_await members.leave(bob, team));
  auto again = co_await members.leave(bob, team);
  CHECK(again.error().code == Errc::forbidden);
}

Task<void> inviting(pg::Database& database) {
  SystemClock clock;
  access::RateLimiter limiter(clock);
  TeamsService service(database);
  auto keys = *access::Keys::derive(Secret(std::string(32, 'x')));
  InvitationsService invitations(database, keys, limiter, {.lifetime = std::chrono::hours(1)});
  auto ann = co_await new_user(database);
  auto team = (co_await service.create(ann, "one"))->id;
  auto bob = co_await new_user(database);
  auto eve = co_await new_user(database);
  auto made = co_await invitations.create(ann, team, bob.email, TeamRole::admin);
  REQUIRE(made);
  auto foreign = co_await invitations.accept(eve, made->row.id, made->token->reveal());
  CHECK(foreign.error().code == Errc::not_found);
  auto untold = co_await invitations.accept(bob, made->row.id, std::nullopt);
  CHECK(untold.error().code == Errc::forbidden);
  auto again = co_await invitations.create(ann, team, bob.email, TeamRole::member);
  auto replaced = co_await invitations.accept(bob, made->row.id, made->token->reveal());
  CHECK(replaced.error().code == Errc::not_found);
  CHECK(co_await database.query(kExpire, again->row.id));
  auto late = co_await invitations.accept(bob, again->row.id, again->token->reveal());
  CHECK(late.error().code == Errc::not_found);
  auto last = co_await invitations.create(ann, team, bob.email, TeamRole::admin);
  CHECK(co_await database.query(kVerify, *bob.user));
  auto joined = co_await invitations.accept(bob, last->row.id, std::nullopt);
  REQUIRE(joined);
  CHECK(joined->role == TeamRole::admin);
  auto member = co_await invitations.create(ann, team, bob.email, TeamRole::member);
  CHECK(member.error().code == Errc::already_member);
}

Task<void> slugs(pg::Database& database) {
  auto id = TeamId::random();
  auto rows = co_await database.query(kTakeSlug, id, "imported");
  REQUIRE(rows);
  CHECK((*rows)[0].get<std::string>("slug").size() == 13);
  CHECK(!co_await database.query(kOtherSlug, id));
}

}  // namespace

TEST_CASE("MB-1, MB-3, MB-4, MB-5: members come, change and go, and the owner stays") {
  with_schema(changing_members);
}
TEST_CASE("TM-1: a team changes its owner for another active member only, and both roles move at once") {
  with_schema(transferring);
}
TEST_CASE("MB-1: an invitation is good for its address, its token and its time") { with_schema(inviting); }
TEST_CASE("ID-6: a team that comes without a slug gets one of its id, and none ever changes") {
  with_schema(slugs);
}
TEST_CASE("who creates a team owns it, and bad names are refused") { with_schema(creating); }
TEST_CASE("renaming keeps the slug, and a deleted team cannot be renamed nor listed") {
  with_schema(renaming);
}
TEST_CASE("the database refuses a second owner") { with_schema(owners); }
