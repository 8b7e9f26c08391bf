// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/api_keys/service.h"

#include <doctest/doctest.h>

#include "sandbar/control/access/service.h"
#include "sandbar/control/schema/test_schema.h"

using namespace sandbar;
using namespace sandbar::control;
using namespace sandbar::control::api_keys;

namespace {

constexpr pg::Statement<0> kDeleteTeams{"test_delete_teams", "UPDATE teams SET deleted_at = now()"};
constexpr pg::Statement<0> kEvents{
    "test_events", "SELECT string_agg(action, ',' ORDER BY created_at) AS value FROM audit_logs"};

constexpr pg::Statement<3> kInsertUser{"test_insert_user",
                                       "INSERT INTO users (id, email, name) VALUES ($1, $2, $3)"};
constexpr pg::Statement<2> kInsertTeam{"test_insert_team", "INSERT INTO teams (id, name) VALUES ($1, $2)"};
constexpr pg::Statement<2> kInsertOwner{
    "test_insert_owner", "INSERT INTO users_teams (user_id, team_id, role) VALUES ($1, $2, 'owner')"};

struct World {
  explicit World(pg::Database& db) : database(db) {}

  pg::Database& database;
  SystemClock clock;
  access::Keys secret = *access::Keys::derive(Secret(std::string(32, 'x')));
  access::Tokens tokens{secret, clock};
  access::AccessService access{database, tokens};
  ApiKeysService keys{database, clock};

  // The owner of a team of their own.
  Task<access::Actor> sign_up(std::string name) {
    access::Actor actor{.type = access::ActorType::user};
    auto user = UserId::random();
    auto team = TeamId::random();
    actor.user = user;
    actor.id = user.str();
    actor.name = name;
    actor.email = name + "@example.org";
    actor.team = access::Team{team, name, "slug"};
    actor.role = access::TeamRole::owner;
    CHECK(co_await database.query(kInsertUser, user, actor.email, name));
    CHECK(co_await database.query(kInsertTeam, team, name));
    CHECK(co_await database.query(kInsertOwner, user, team));
    co_return actor;
  }
};

Task<void> life_of_a_key(pg::Database& database) {
  World world(database);
  auto ann = co_await world.sign_up("ann");
  auto created = co_await world.keys.create(ann, {.name = " deploy "});
  REQUIRE(created);
  CHECK(created->row.name == "deploy");
  auto key = created->key.reveal();
  CHECK(key.starts_with(created->row.key_prefix));
  auto actor = co_await world.access.key_of(key);
  REQUIRE(actor);
  CHECK(actor->label() == "api_key " + created->row.id.str());
  CHECK(actor->team->id == ann.team->id);
  CHECK(co_await world.access.key_of("e2b_" + key.substr(4)));
  auto listed = co_await world.keys.list(ann.team->id);
  CHECK((*listed)[0].creator_email == "ann@example.org");
  CHECK((*listed)[0].last_used);
  CHECK(co_await world.keys.revoke(ann, created->row.id));
  auto dead = co_await world.access.key_of(key);
  CHECK(dead.error().code == Errc::unauthorized);
  auto events = co_await database.query(kEvents);
  CHECK((*events)[0].get<std::string>("value") == "create,revoke");
}

Task<void> who_may_revoke(pg::Database& database) {
  World world(database);
  auto ann = co_await world.sign_up("ann");
  auto bob = co_await world.sign_up("bob");
  auto key = co_await world.keys.create(ann, {.name = ""});
  CHECK(key->row.name == "Unnamed API Key");
  auto foreign = co_await world.keys.revoke(bob, key->row.id);
  CHECK(foreign.error().code == Errc::not_found);
  bob.team = ann.team;
  bob.role = access::TeamRole::member;
  auto not_his = co_await world.keys.revoke(bob, key->row.id);
  CHECK(not_his.error().code == Errc::forbidden);
  bob.role = access::TeamRole::admin;
  CHECK(co_await world.keys.revoke(bob, key->row.id));
}

Task<void> dead_keys(pg::Database& database) {
  World world(database);
  auto ann = co_await world.sign_up("ann");
  auto past = co_await world.keys.create(ann, {"x", world.clock.now() - std::chrono::hours(1)});
  CHECK(past.error().code == Errc::invalid_request);
  auto key = co_await world.keys.create(ann, {"x", world.clock.now() + std::chrono::hours(1)});
  CHECK(co_await world.access.key_of(key->key.reveal()));
  CHECK(co_await database.query(kDeleteTeams));
  auto dead = co_await world.access.key_of(key->key.reveal());
  CHECK(dead.error().code == Errc::unauthorized);
  auto unknown = co_await world.access.key_of("sbk_" + std::string(40, '0'));
  CHECK(unknown.error().code == Errc::unauthorized);
}

constexpr pg::Statement<1> kLeave{"test_leave", "DELETE FROM users_teams WHERE user_id = $1"};
constexpr pg::Statement<1> kDemote{"test_demote",
                                   "UPDATE users_teams SET role = 'member' WHERE user_id = $1"};

Task<void> as_good_as_its_maker(pg::Database& database) {
  World world(database);
  auto ann = co_await world.sign_up("ann");
  auto key = co_await world.keys.create(ann, {.name = "fleet", .scopes = {KeyScope::hosts, KeyScope::read}});
  REQUIRE(key);
  CHECK(key->row.scopes == std::vector<std::string>{"read", "hosts"});
  auto actor = co_await world.access.key_of(key->key.reveal());
  CHECK(actor->manages_hosts());
  CHECK(co_await database.query(kDemote, *ann.user));
  actor = co_await world.access.key_of(key->key.reveal());
  CHECK(!actor->manages_hosts());
  auto more = co_await world.keys.create(ann, {.name = "x", .scopes = {KeyScope::hosts}});
  CHECK(more.error().code == Errc::forbidden);
  CHECK(co_await database.query(kLeave, *ann.user));
  auto dead = co_await world.access.key_of(key->key.reveal());
  CHECK(dead.error().code == Errc::unauthorized);
  auto late = co_await world.keys.create(ann, {.name = "late"});
  CHECK(late.error().code == Errc::forbidden);
}

Task<void> bounded(pg::Database& database) {
  World world(database);
  auto ann = co_await world.sign_up("ann");
  ApiKeysService keys(database, world.clock, 2);
  CHECK(co_await keys.create(ann, {.name = "1"}));
  CHECK(co_await keys.create(ann, {.name = "2"}));
  auto third = co_await keys.create(ann, {.name = "3"});
  CHECK(third.error().code == Errc::quota_exceeded);
}

}  // namespace

TEST_CASE("AK-1: a key can do no more than its maker, and nothing once its maker has left") {
  with_schema(as_good_as_its_maker);
}
TEST_CASE("AK-1: a team has a bounded number of keys") { with_schema(bounded); }
TEST_CASE("a key works at once, with either prefix, until it is revoked, and both are audited") {
  with_schema(life_of_a_key);
}
TEST_CASE("members revoke their own keys, admins any of the team, nobody those of another team") {
  with_schema(who_may_revoke);
}
TEST_CASE("keys of a deleted team and unknown keys are refused") { with_schema(dead_keys); }
