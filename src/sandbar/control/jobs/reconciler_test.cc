// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "sandbar/control/agents/fake_agent_client.h"
#include "sandbar/control/jobs/sandbox_reconciler.h"
#include "sandbar/control/jobs/template_reconciler.h"
#include "sandbar/control/schema/test_schema.h"

using namespace sandbar;
using namespace sandbar::control;
using namespace sandbar::control::jobs;
using namespace std::chrono_literals;
using enum SandboxState;

namespace {

constexpr pg::Statement<1> kInsertHost{"test_insert_host", R"sql(
  INSERT INTO hosts (id, type, status, address) VALUES ($1, 'regular', 'online', '10.0.0.1:1'))sql"};
constexpr pg::Statement<4> kInsertSandbox{"test_insert_sandbox", R"sql(
  INSERT INTO sandboxes (id, team_id, host_id, template, status, vcpus, memory_mb, disk_mb, last_updated)
  VALUES ($1, '00000000-0000-0000-0000-000000000000', $2, 'base', $3, 1, 512, 1024, now() - $4::bigint * interval '1 second'))sql"};
constexpr pg::Statement<2> kBeat{"test_beat",
                                 "UPDATE hosts SET last_heartbeat_at = now(), running = $1, paused = $2"};
constexpr pg::Statement<1> kStatus{
    "test_status", "SELECT status || ' ' || status_cause AS value FROM sandboxes WHERE id = $1"};
constexpr pg::Statement<0> kAudit{"test_audit", R"sql(
  SELECT coalesce(string_agg(action || '/' || status || '/' || actor_type, ' ' ORDER BY created_at), '') AS value FROM audit_logs)sql"};
constexpr pg::Statement<0> kBase{"test_base",
                                 "SELECT status || ' ' || vcpus || ' ' || memory_mb || ' ' || disk_mb AS "
                                 "value FROM templates WHERE name = 'base'"};
constexpr pg::Statement<1> kHeld{
    "test_held", "INSERT INTO template_hosts (template_id, host_id) SELECT id, $1 FROM templates"};
constexpr pg::Statement<0> kDeleteBase{"test_delete_base", "UPDATE templates SET status = 'deleting'"};
constexpr pg::Statement<0> kRequestRemoval{"test_request_removal",
                                           "UPDATE template_hosts SET delete_requested_at = now()"};
constexpr pg::Statement<0> kTemplates{"test_templates", "SELECT count(*)::text AS value FROM templates"};
constexpr pg::Statement<0> kHolders{"test_holders", "SELECT count(*)::text AS value FROM template_hosts"};

constexpr const char* kTeamsAndTheirs = R"sql(
  INSERT INTO teams (id, name, slug, is_byoc) VALUES
    ('00000000-0000-4000-8000-0000000000aa', 'A', '000000-00000a', true),
    ('00000000-0000-4000-8000-0000000000bb', 'B', '000000-00000b', false);
  INSERT INTO templates (id, team_id, name) VALUES
    ('00000000-0000-4000-8000-00000000000a', '00000000-0000-4000-8000-0000000000aa', 'own'),
    ('00000000-0000-4000-8000-00000000000b', '00000000-0000-4000-8000-0000000000bb', 'foreign'))sql";
constexpr pg::Statement<1> kInsertByoc{"test_insert_byoc", R"sql(
  INSERT INTO hosts (id, type, team_id, status, address)
  VALUES ($1, 'byoc', '00000000-0000-4000-8000-0000000000aa', 'online', '10.0.0.1:1'))sql"};
constexpr pg::Statement<0> kHeldNames{"test_held_names", R"sql(
  SELECT string_agg(t.name, ' ' ORDER BY t.name) AS value FROM template_hosts h JOIN templates t ON t.id = h.template_id)sql"};
constexpr pg::Statement<0> kSizes{"test_sizes", R"sql(
  SELECT string_agg(name || ' ' || status || ' ' || memory_mb, ', ' ORDER BY name) AS value FROM templates)sql"};

struct World {
  explicit World(pg::Database& db) : database(db) {}

  pg::Database& database;
  Timings timings;
  HostId host = HostId::random();
  std::shared_ptr<agents::FakeAgentClient> agent = std::make_shared<agents::FakeAgentClient>();
  agents::AgentPool agents{[this](const agents::AgentAddress&) -> agents::AgentClientPtr { return agent; }};
  SandboxReconciler sandboxes{database, agents, timings};
  TemplateReconciler templates{database, agents, timings};

  Task<void> add_host() { CHECK(co_await database.query(kInsertHost, host)); }
  Task<SandboxId> row(SandboxState status, std::chrono::seconds age) {
    auto id = SandboxId::random();
    CHECK(co_await database.query(kInsertSandbox, id, host, status, age.count()));
    co_return id;
  }
  void report(SandboxId id, SandboxState state, std::uint64_t epoch = 5) {
    agents::SandboxReport report{
        .id = id, .state = state, .last_active_at = SystemClock().now(), .epoch = epoch};
    report.pause_cause = agents::PauseCause::timeout;
    agent->sandboxes[id] = report;
  }
  Task<std::string> status(SandboxId id) {
    auto rows = co_await database.query(kStatus, id);
    co_return (*rows)[0].get<std::string>("value");
  }
  Task<std::string> text(const pg::Statement<0>& statement) {
    auto rows = co_await database.query(statement);
    co_return (*rows)[0].get<std::string>("value");
  }
};

Task<void> following(pg::Database& database) {
  World world(database);
  co_await world.add_host();
  auto timed_out = co_await world.row(running, 5s), vanished = co_await world.row(paused, 5s);
  auto back = co_await world.row(missing, 5s), busy = co_await world.row(pausing, 5s);
  auto doomed = co_await world.row(stopping, 20s);
  world.report(timed_out, paused);
  world.report(back, running);
  world.report(busy, paused);
  world.report(doomed, running);
  auto report = co_await world.sandboxes.run({});
  REQUIRE(report);
  CHECK(report->checked == 5);
  CHECK(report->changed == 4);
  CHECK(co_await world.status(timed_out) == "paused idle for longer than its timeout");
  CHECK(co_await world.status(vanished) == "stopped gone from its host");
  CHECK(co_await world.status(back) == "running host back");
  CHECK(co_await world.status(busy) == "pausing ");
  CHECK(co_await world.status(doomed) == "stopped gone from its host");
  CHECK(!world.agent->sandboxes.contains(doomed));
  auto audit = co_await world.text(kAudit);
  CHECK(audit.contains("pause/info/system"));
  CHECK(audit.contains("stop/warning/system"));
  CHECK(audit.contains("restore/success/system"));
  auto again = co_await world.sandboxes.run({});
  CHECK(again->changed == 0);
}

Task<void> orphans(pg::Database& database) {
  World world(database);
  co_await world.add_host();
  auto unknown = SandboxId::random(), dead = co_await world.row(stopped, 5s);
  world.report(unknown, running);
  world.report(dead, running);
  auto first = co_await world.sandboxes.run({});
  CHECK(first->changed == 0);
  CHECK(world.agent->sandboxes.size() == 2);
  world.timings.orphan_grace = 0ms;
  auto second = co_await world.sandboxes.run({});
  CHECK(second->changed == 2);
  CHECK(world.agent->sandboxes.empty());
}

Task<JobReport> look_at_differing(World& world) {
  auto report = co_await world.sandboxes.run_for_differing({});
  REQUIRE(report);
  co_return *report;
}

Task<void> differing_host(pg::Database& database) {
  World world(database);
  co_await world.add_host();
  auto first = co_await world.row(running, 5s), second = co_await world.row(paused, 5s);
  world.report(first, paused);
  world.report(second, paused);
  CHECK(co_await database.query(kBeat, 1, 1));
  CHECK((co_await look_at_differing(world)).checked == 0);
  CHECK(world.agent->calls.empty());
  auto third = co_await world.row(starting, 0s);
  CHECK(co_await database.query(kBeat, 0, 2));
  CHECK((co_await look_at_differing(world)).checked == 0);
  CHECK(co_await database.run_script("UPDATE sandboxes SET status = 'stopped' WHERE id = '" +
                                     third.uuid().str() + "'"));
  CHECK(co_await database.query(kBeat, 0, 2));
  CHECK((co_await look_at_differing(world)).changed == 1);
  CHECK(co_await world.status(first) == "paused idle for longer than its timeout");
  auto calls = world.agent->calls.size();
  CHECK((co_await look_at_differing(world)).checked == 0);
  CHECK(world.agent->calls.size() == calls);
}

Task<void> silent_host(pg::Database& database) {
  World world(database);
  co_await world.add_host();
  auto id = co_await world.row(running, 5s);
  world.agent->failures = {Error{Errc::host_unavailable, "silent"}};
  auto report = co_await world.sandboxes.run({});
  CHECK(report->checked == 0);
  CHECK(co_await world.status(id) == "running ");
}

Task<void> templates(pg::Database& database) {
  World world(database);
  co_await world.add_host();
  auto base = *TemplateId::parse("tpl-00000000-0000-4000-8000-000000000001"), unknown = TemplateId::random();
  world.agent->templates[base] = {base, 2, 1024, 2048, 5'000'000'000};
  world.agent->templates[unknown] = {unknown, 1, 512, 1024, 1};
  CHECK(co_await world.templates.run_for_new({}));
  CHECK(co_await world.text(kBase) == "building 1 512 4096");
  CHECK(co_await database.query(kHeld, world.host));
  CHECK(co_await world.templates.run_for_new({}));
  CHECK(co_await world.text(kBase) == "ready 2 1024 2048");
  auto calls = world.agent->calls.size();
  CHECK(co_await world.templates.run_for_new({}));
  CHECK(world.agent->calls.size() == calls);
  CHECK(co_await world.text(kHolders) == "1");
  CHECK(co_await database.query(kDeleteBase));
  CHECK(co_await database.query(kRequestRemoval));
  CHECK(co_await world.templates.run({}));
  CHECK(!world.agent->templates.contains(base));
  CHECK(world.agent->templates.contains(unknown));
  CHECK(co_await world.text(kTemplates) == "0");
}

// A team's own host tells of another team's template, and of the platform's.
Task<void> foreign_templates(pg::Database& database) {
  World world(database);
  CHECK(co_await database.run_script(kTeamsAndTheirs));
  CHECK(co_await database.query(kInsertByoc, world.host));
  auto base = *TemplateId::parse("tpl-00000000-0000-4000-8000-000000000001");
  auto own = *TemplateId::parse("tpl-00000000-0000-4000-8000-00000000000a");
  auto foreign = *TemplateId::parse("tpl-00000000-0000-4000-8000-00000000000b");
  for (auto id : {base, own, foreign}) world.agent->templates[id] = {id, 2, 1024, 2048, 9};
  CHECK(co_await world.templates.run({}));
  CHECK(co_await world.text(kHeldNames) == "base own");
  CHECK(co_await world.text(kSizes) == "base ready 512, foreign building 512, own ready 1024");
  world.agent->templates[base].memory_mb = 4096;
  CHECK(co_await world.templates.run({}));
  CHECK(co_await world.text(kBase) == "ready 1 512 4096");
}

}  // namespace

TEST_CASE("rows follow what their host reports, and a second look finds nothing to do") {
  with_schema(following);
}
TEST_CASE("MO-1: a host that counts others than the rows say is asked before the others' turn") {
  with_schema(differing_host);
}
TEST_CASE("what runs without a live row is destroyed after the grace period") { with_schema(orphans); }
TEST_CASE("a host that does not answer changes nothing") { with_schema(silent_host); }
TEST_CASE("a team's own host holds nobody else's template, and does not size the platform's") {
  with_schema(foreign_templates);
}
TEST_CASE("base templates become ready, removed ones are removed when their host can be asked") {
  with_schema(templates);
}
