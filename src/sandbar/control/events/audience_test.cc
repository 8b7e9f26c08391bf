// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/events/audience.h"

#include <doctest/doctest.h>

using namespace sandbar;
using namespace sandbar::control;
using namespace sandbar::control::events;

namespace {

const TeamId kTeam = TeamId::random(), kOther = TeamId::random();

access::Actor someone(std::optional<access::TeamRole> role, bool is_admin = false) {
  access::Actor actor{.type = access::ActorType::user, .id = "usr-x", .is_platform_admin = is_admin};
  actor.user = UserId::random();
  if (role) actor.team = access::Team{kTeam, "t", "s"};
  actor.role = role;
  return actor;
}

access::Actor key(std::vector<access::KeyScope> scopes) {
  access::Actor actor{.type = access::ActorType::api_key, .id = "key-x"};
  actor.api_key = ApiKeyId::random();
  actor.team = access::Team{kTeam, "t", "s"};
  actor.scopes = std::move(scopes);
  return actor;
}

Change change_of(std::string resource, std::optional<TeamId> team, Audience audience = Audience::team) {
  Change change{.team_id = team, .audience = audience, .resource = std::move(resource)};
  change.id = Uuid::random();
  return change;
}

Listener listening(const access::Actor& actor, Scope scope = Scope::team) {
  auto listener = listener_of(actor, scope);
  REQUIRE(listener);
  return *listener;
}

}  // namespace

TEST_CASE("a member hears of the own team, of the platform's templates and of nothing else") {
  auto member = listening(someone(access::TeamRole::member));
  CHECK(hears(member, change_of("sandbox", kTeam)));
  CHECK(hears(member, change_of("template", kPlatformTeam)));
  CHECK(!hears(member, change_of("sandbox", kOther)));
  CHECK(!hears(member, change_of("build", kPlatformTeam)));
  CHECK(!hears(member, change_of("host", std::nullopt)));
}

TEST_CASE("only those who manage the team hear what is for them") {
  auto entry = change_of("audit", kTeam, Audience::managers);
  CHECK(!hears(listening(someone(access::TeamRole::member)), entry));
  CHECK(hears(listening(someone(access::TeamRole::admin)), entry));
  CHECK(hears(listening(someone(access::TeamRole::owner)), entry));
}

TEST_CASE("a user hears of itself in whatever team") {
  auto actor = someone({});
  auto change = change_of("member", kOther);
  CHECK(!hears(listening(actor), change));
  change.user_id = actor.user;
  CHECK(hears(listening(actor), change));
  CHECK(concerns(listening(actor), change));
}

TEST_CASE("a key hears of what keys may ask for") {
  auto reader = listening(key({access::KeyScope::read}));
  CHECK(hears(reader, change_of("sandbox", kTeam)));
  for (auto resource : {"member", "team", "api_key", "webhook", "invitation", "audit", "user", "host"})
    CHECK_MESSAGE(!hears(reader, change_of(resource, kTeam)), resource);
  CHECK(hears(listening(key({access::KeyScope::hosts})), change_of("host", kTeam)));
}

TEST_CASE("the platform's scope is for platform admins, who hear everything") {
  CHECK(listener_of(someone(access::TeamRole::owner), Scope::platform).error().code == Errc::forbidden);
  auto admin = listening(someone({}, true), Scope::platform);
  CHECK(hears(admin, change_of("sandbox", kOther)));
  CHECK(hears(admin, change_of("host", std::nullopt)));
  CHECK(hears(admin, change_of("audit", kOther, Audience::managers)));
  CHECK(!hears(listening(someone({}, true)), change_of("host", std::nullopt)));
}

TEST_CASE("ids are told as the API spells them") {
  auto change = change_of("audit", kTeam);
  CHECK(wire_id(change) == "log-" + change.id.str());
}
