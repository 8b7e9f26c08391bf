// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/hosts/service.h"

#include <doctest/doctest.h>

#include "sandbar/control/agents/fake_agent_client.h"
#include "sandbar/control/hosts/store.h"
#include "sandbar/control/schema/test_schema.h"

using namespace sandbar;
using namespace sandbar::control;
using namespace sandbar::control::hosts;

namespace {

constexpr pg::Statement<2> kInsertTeam{
    "test_insert_team", "INSERT INTO teams (id, name, slug, is_byoc) VALUES ($1, 'T', $2, true)"};
constexpr pg::Statement<1> kInsertUser{"test_insert_user",
                                       "INSERT INTO users (id, email) VALUES ($1, gen_random_uuid()::text)"};
constexpr pg::Statement<1> kRegister{
    "test_register", "UPDATE hosts SET status = 'online', address = '10.0.0.1:1' WHERE id = $1"};
constexpr pg::Statement<4> kInsertSandbox{"test_insert_sandbox", R"sql(
  INSERT INTO sandboxes (id, team_id, host_id, template, status, vcpus, memory_mb, disk_mb)
  VALUES ($1, $2, $3, 'base', $4, 1, 512, 1024))sql"};
constexpr pg::Statement<2> kInsertTemplate{
    "test_insert_template", "INSERT INTO templates (id, team_id, name) VALUES ($1, $2, 'one')"};
constexpr pg::Statement<1> kHeld{"test_held", "SELECT template_id FROM template_hosts WHERE host_id = $1"};
constexpr pg::Statement<1> kStatus{"test_status", "SELECT status FROM sandboxes WHERE id = $1"};
constexpr pg::Statement<0> kAudit{
    "test_audit",
    "SELECT string_agg(action || '/' || scope, ',' ORDER BY created_at) AS value FROM audit_logs"};

struct World {
  explicit World(pg::Database& db) : database(db) {}

  pg::Database& database;
  std::shared_ptr<agents::FakeAgentClient> agent = std::make_shared<agents::FakeAgentClient>();
  agents::AgentPool agents{[this](const agents::AgentAddress&) -> agents::AgentClientPtr { return agent; }};
  HostsService hosts{database, agents};
  access::Team team{TeamId::random(), "T", "000000-000001", true};

  Task<access::Actor> actor(std::optional<access::TeamRole> role, bool is_admin = false) {
    access::Actor actor{.type = access::ActorType::user, .is_platform_admin = is_admin};
    actor.user = UserId::random();
    actor.id = actor.user->str();
    if (role) actor.team = team;
    actor.role = role;
    CHECK(co_await database.query(kInsertUser, *actor.user));
    co_return actor;
  }
  Task<SandboxId> sandbox_on(HostId host, std::string status) {
    auto id = SandboxId::random();
    CHECK(co_await database.query(kInsertSandbox, id, team.id, host, status));
    co_return id;
  }
};

std::string outcome(const auto& result) {
  return result ? "ok" : std::string(info_of(result.error().code).name);
}

Task<void> who_may_create(pg::Database& database) {
  World world(database);
  CHECK(co_await database.query(kInsertTeam, world.team.id, world.team.slug));
  auto owner = co_await world.actor(access::TeamRole::owner);
  auto member = co_await world.actor(access::TeamRole::member);
  auto platform = co_await world.actor({}, true);
  NewHost regular, byoc{HostType::byoc, world.team.id, "", ""},
      unknown{HostType::byoc, TeamId::random(), "", ""};
  NewHost odd{HostType::regular, world.team.id, "", ""}, no_team{HostType::byoc, {}, "", ""};
  NewHost platforms{HostType::byoc, kPlatformTeam, "", ""};
  CHECK(outcome(co_await world.hosts.create(platform, regular)) == "ok");
  CHECK(outcome(co_await world.hosts.create(owner, regular)) == "forbidden");
  CHECK(outcome(co_await world.hosts.create(owner, byoc)) == "ok");
  CHECK(outcome(co_await world.hosts.create(platform, byoc)) == "ok");
  CHECK(outcome(co_await world.hosts.create(member, byoc)) == "forbidden");
  CHECK(outcome(co_await world.hosts.create(platform, unknown)) == "not_found");
  CHECK(outcome(co_await world.hosts.create(owner, unknown)) == "forbidden");
  CHECK(outcome(co_await world.hosts.create(platform, odd)) == "invalid_request");
  CHECK(outcome(co_await world.hosts.create(platform, no_team)) == "invalid_request");
  CHECK(outcome(co_await world.hosts.create(platform, platforms)) == "forbidden");
  auto all = co_await world.hosts.list(platform, {.limit = 2});
  CHECK(all->items.size() == 2);
  CHECK(all->next_cursor);
  auto rest = co_await world.hosts.list(platform, {.cursor = all->next_cursor});
  CHECK(rest->items.size() == 1);
  auto own = co_await world.hosts.list(member, {});
  CHECK(own->items.size() == 2);
}

Task<void> who_may_see(pg::Database& database) {
  World world(database);
  CHECK(co_await database.query(kInsertTeam, world.team.id, world.team.slug));
  auto owner = co_await world.actor(access::TeamRole::owner);
  auto member = co_await world.actor(access::TeamRole::member);
  auto platform = co_await world.actor({}, true);
  auto stranger = owner;
  stranger.team->id = TeamId::random();
  NewHost byoc{HostType::byoc, world.team.id, "", ""};
  auto regular = co_await world.hosts.create(platform, {});
  auto own = co_await world.hosts.create(owner, byoc);
  CHECK(outcome(co_await world.hosts.get(member, own->host.id)) == "ok");
  CHECK(outcome(co_await world.hosts.get(stranger, own->host.id)) == "not_found");
  CHECK(outcome(co_await world.hosts.get(owner, regular->host.id)) == "not_found");
  CHECK(outcome(co_await world.hosts.remove(member, own->host.id)) == "forbidden");
  CHECK(outcome(co_await world.hosts.remove(stranger, own->host.id)) == "not_found");
  CHECK(outcome(co_await world.hosts.renew_token(member, own->host.id)) == "forbidden");
  CHECK(outcome(co_await world.hosts.remove(owner, own->host.id)) == "ok");
  CHECK(outcome(co_await world.hosts.remove(owner, own->host.id)) == "not_found");
  auto events = co_await database.query(kAudit);
  CHECK((*events)[0].get<std::string>("value") == "create/admin,create/admin,delete/admin");
}

Task<void> claims_of_a_team(pg::Database& database) {
  World world(database);
  CHECK(co_await database.query(kInsertTeam, world.team.id, world.team.slug));
  auto owner = co_await world.actor(access::TeamRole::owner);
  auto made = co_await world.hosts.create(owner, {HostType::byoc, world.team.id, "", ""});
  auto own = TemplateId::random(), foreign = TemplateId::random();
  auto other = TeamId::random();
  CHECK(co_await database.query(kInsertTeam, other, std::string("000000-000002")));
  CHECK(co_await database.query(kInsertTemplate, own, world.team.id));
  CHECK(co_await database.query(kInsertTemplate, foreign, other));
  auto recorded = co_await record_templates_any_team(database, made->host.id, {own, foreign});
  CHECK(recorded.has_value());
  auto held = co_await database.query(kHeld, made->host.id);
  REQUIRE(held->size() == 1);
  CHECK((*held)[0].get<TemplateId>("template_id") == own);
}

Task<void> removing(pg::Database& database) {
  World world(database);
  CHECK(co_await database.query(kInsertTeam, world.team.id, world.team.slug));
  auto platform = co_await world.actor({}, true);
  auto created = co_await world.hosts.create(platform, {});
  auto id = created->host.id;
  CHECK(co_await database.query(kRegister, id));
  auto running = co_await world.sandbox_on(id, "running");
  auto paused = co_await world.sandbox_on(id, "paused");
  auto stopped = co_await world.sandbox_on(id, "stopped");
  auto refused = co_await world.hosts.remove(platform, id);
  CHECK(*refused == std::vector{running, paused});
  auto preview = co_await world.hosts.preview_removal(platform, id);
  CHECK(preview->sandboxes == std::vector{running, paused});
  CHECK(preview->host.status == HostState::online);
  CHECK(world.agent->calls.empty());
  CHECK(co_await world.hosts.force_removal(platform, id));
  CHECK(world.agent->calls ==
        std::vector<std::string>{"destroy " + running.str(), "destroy " + paused.str(), "terminate"});
  CHECK(world.agents.size() == 0);
  for (auto sandbox : {running, paused, stopped}) {
    auto rows = co_await database.query(kStatus, sandbox);
    CHECK((*rows)[0].get<std::string>("status") == "stopped");
  }
  CHECK(outcome(co_await world.hosts.get(platform, id)) == "not_found");
}

Task<void> unreachable(pg::Database& database) {
  World world(database);
  CHECK(co_await database.query(kInsertTeam, world.team.id, world.team.slug));
  auto platform = co_await world.actor({}, true);
  auto created = co_await world.hosts.create(platform, {});
  CHECK(co_await database.query(kRegister, created->host.id));
  auto sandbox = co_await world.sandbox_on(created->host.id, "missing");
  world.agent->failures = {Error{Errc::host_unavailable, "gone"}};
  CHECK(co_await world.hosts.force_removal(platform, created->host.id));
  auto rows = co_await database.query(kStatus, sandbox);
  CHECK((*rows)[0].get<std::string>("status") == "stopped");
}

}  // namespace

TEST_CASE("a team's own host holds what it says of the team's templates, not of another's") {
  with_schema(claims_of_a_team);
}
TEST_CASE("platform admins make any host, a team's owner its own, members none") {
  with_schema(who_may_create);
}
TEST_CASE("a host of others does not exist, and members only look") { with_schema(who_may_see); }
TEST_CASE("a host with sandboxes is removed only by force, and then they are destroyed first") {
  with_schema(removing);
}
TEST_CASE("a host that cannot be reached can still be removed by force") { with_schema(unreachable); }
