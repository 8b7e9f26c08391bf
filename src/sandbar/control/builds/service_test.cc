// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/builds/service.h"

#include <doctest/doctest.h>

#include "sandbar/control/agents/fake_agent_client.h"
#include "sandbar/control/schema/test_schema.h"
#include "sandbar/control/templates/service.h"

using namespace sandbar;
using namespace sandbar::control;
using namespace sandbar::control::builds;
using agents::FakeAgentClient;

namespace {

constexpr pg::Statement<1> kInsertHost{"test.insert_host",
                                       "INSERT INTO hosts (id, type, status, address, cert_fingerprint) "
                                       "VALUES ($1, 'regular', 'online', '10.0.0.1:7443', "
                                       "'aa')"};
constexpr pg::Statement<2> kInsertTeam{"test.insert_team",
                                       "INSERT INTO teams (id, name, slug) VALUES ($1, 'Test', $2)"};
constexpr pg::Statement<1> kGiveToSilent{
    "test.give",
    "UPDATE template_builds SET status = 'running', host_id = $1, followed_at = now() - interval '1 hour'"};
constexpr pg::Statement<1> kListAudit{"test.audit",
                                      "SELECT action FROM audit_logs WHERE resource_type = 'template' AND "
                                      "resource_id = $1 ORDER BY created_at"};

constexpr const char* kDefinition = "# a comment\nname  web\nrun true\n";

struct World {
  pg::Database& db;
  Supervisor tasks;
  std::map<HostId, std::shared_ptr<FakeAgentClient>> hosts = {};
  agents::AgentPool agents{[this](const agents::AgentAddress& a) { return hosts.at(a.host_id); }};
  quotas::Refusals refusals;
  quotas::QuotaService quotas{db, {}, refusals};
  BuildService service{{db, agents, tasks, quotas, {.team_builds = TeamBuilds::allowed}}};
  templates::TemplateService templates{db};
  access::Actor actor{.type = access::ActorType::user, .id = "usr-1", .name = "Ada"};
  TeamId team = TeamId::random();

  World(pg::Database& database, Executor executor) : db(database), tasks(std::move(executor)) {}

  Task<FakeAgentClient*> add_host() {
    auto id = HostId::random();
    auto inserted = co_await db.query(kInsertHost, id);
    REQUIRE(inserted);
    hosts[id] = std::make_shared<FakeAgentClient>();
    co_return hosts[id].get();
  }
  Task<Build> create(NewBuild wanted = {.name = {}, .definition = kDefinition, .healthcheck = {}}) {
    auto made = co_await service.create(actor, team, std::move(wanted));
    REQUIRE(made);
    co_return *made;
  }
  Task<Build> get(BuildId id) {
    auto build = co_await service.get(team, id);
    REQUIRE(build);
    co_return *build;
  }
  Task<std::vector<std::string>> audit_of(std::string name) {
    auto rows = co_await db.query(kListAudit, name);
    REQUIRE(rows);
    std::vector<std::string> out;
    for (std::size_t i = 0; i < rows->size(); ++i) out.push_back((*rows)[i].get<std::string>("action"));
    co_return out;
  }
};

Task<void> run(pg::Database& db, std::function<Task<void>(World&)>& test) {
  World world(db, co_await boost::asio::this_coro::executor);
  auto hex = world.team.uuid().hex();
  auto inserted = co_await db.query(kInsertTeam, world.team, hex.substr(0, 6) + "-" + hex.substr(6, 6));
  REQUIRE(inserted);
  world.actor.team = access::Team{world.team, "Test", "slug"};
  co_await test(world);
  co_await world.tasks.shut_down();
}

void with_world(std::function<Task<void>(World&)> test) {
  with_schema([&](pg::Database& db) { return run(db, test); });
}

Task<void> test_success(World& world) {
  co_await world.add_host();
  auto build = co_await world.create();
  CHECK(build.name == "web");
  co_await world.tasks.drained();
  auto now = co_await world.get(build.id);
  CHECK(now.status == BuildState::success);
  CHECK(now.current_step == 4);
  auto log = co_await world.service.log(world.team, build.id, 0);
  CHECK(log->text == "one\ntwo\n");
  auto rest = co_await world.service.log(world.team, build.id, 4);
  CHECK(rest->text == "two\n");
  auto made = co_await world.templates.resolve(world.team, "web");
  REQUIRE(made);
  CHECK(made->status == TemplateState::ready);
  CHECK(made->memory_mb == 1024);
  auto audit = co_await world.audit_of("web");
  CHECK(audit == std::vector<std::string>{"build", "create"});
}

Task<void> test_failure(World& world) {
  auto* host = co_await world.add_host();
  host->build_failure = "definition line 3: 'rum' is not known";
  auto build = co_await world.create();
  co_await world.tasks.drained();
  auto now = co_await world.get(build.id);
  CHECK(now.status == BuildState::failed);
  CHECK(now.error.contains("line 3"));
  auto made = co_await world.templates.resolve(world.team, "web");
  CHECK(made.error().code == Errc::not_found);
  host->build_failure.clear();
  auto again = co_await world.create();
  co_await world.tasks.drained();
  auto then = co_await world.get(again.id);
  CHECK(then.status == BuildState::success);
}

Task<void> test_waiting(World& world) {
  auto build = co_await world.create();
  co_await world.tasks.drained();
  auto waiting = co_await world.get(build.id);
  CHECK(waiting.status == BuildState::pending);
  auto cancelled = co_await world.service.cancel(world.actor, world.team, build.id);
  REQUIRE(cancelled);
  CHECK(cancelled->status == BuildState::cancelled);
  auto twice = co_await world.service.cancel(world.actor, world.team, build.id);
  CHECK(twice.error().code == Errc::invalid_state);
  auto foreign = co_await world.service.get(TeamId::random(), build.id);
  CHECK(foreign.error().code == Errc::not_found);
  co_await world.add_host();
  auto advanced = co_await world.service.advance();
  CHECK(advanced == 0);
}

Task<void> test_takeover(World& world) {
  auto build = co_await world.create();
  co_await world.tasks.drained();
  auto* host = co_await world.add_host();
  auto id = world.hosts.begin()->first;
  auto given = co_await world.db.query(kGiveToSilent, id);
  REQUIRE(given);
  auto advanced = co_await world.service.advance();
  CHECK(advanced == 1);
  co_await world.tasks.drained();
  auto now = co_await world.get(build.id);
  CHECK(now.status == BuildState::success);
  CHECK(host->known_builds.size() == 1);
}

Task<void> test_refusals(World& world) {
  auto refuse = [&](NewBuild wanted) {
    return world.service.create(world.actor, world.team, std::move(wanted));
  };
  auto nameless = co_await refuse({.name = {}, .definition = "run true\n", .healthcheck = {}});
  CHECK(nameless.error().code == Errc::invalid_request);
  auto empty = co_await refuse({.name = "a", .definition = "", .healthcheck = {}});
  CHECK(empty.error().code == Errc::invalid_request);
  auto large = co_await refuse({.name = "a", .definition = std::string(300'000, 'x'), .healthcheck = {}});
  CHECK(large.error().code == Errc::invalid_request);
  NewBuild odd{.name = "a", .definition = "run true", .healthcheck = {}};
  odd.vcpus = 1000;
  auto much = co_await refuse(odd);
  CHECK(much.error().code == Errc::invalid_request);
  auto reserved = co_await refuse({.name = "base", .definition = "run true", .healthcheck = {}});
  CHECK(reserved.error().code == Errc::name_reserved);
  BuildService strict({world.db, world.agents, world.tasks, world.quotas, {}});
  auto elsewhere = co_await strict.create(world.actor, world.team,
                                          {.name = "a", .definition = "run true", .healthcheck = {}});
  CHECK(elsewhere.error().code == Errc::forbidden);
}

}  // namespace

TEST_CASE("AD-4: a build becomes a template, with its log and its audit entries") {
  with_world(test_success);
}
TEST_CASE("AD-4: a build that fails says why and leaves nothing, not even its name") {
  with_world(test_failure);
}
TEST_CASE("AD-4: a build waits for a host, and can be cancelled meanwhile") { with_world(test_waiting); }
TEST_CASE("C5: a build whose follower has died is taken over") { with_world(test_takeover); }
TEST_CASE("AD-4: builds are refused with a reason before anything happens") { with_world(test_refusals); }
