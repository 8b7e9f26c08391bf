// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <doctest/doctest.h>

#include "sandbar/control/agents/fake_agent_client.h"
#include "sandbar/control/sandboxes/service.h"
#include "sandbar/control/schema/test_schema.h"
#include "sandbar/model/names.h"

// A team with fake hosts on a real database, for tests of what works on sandboxes.

namespace sandbar::control::sandboxes::test {

inline constexpr pg::Statement<2> kInsertTeam{"test.insert_team",
                                              "INSERT INTO teams (id, name, slug) VALUES ($1, 'Test', $2)"};
inline constexpr pg::Statement<1> kInsertHost{
    "test.insert_host",
    "INSERT INTO hosts (id, type, status, address, cert_fingerprint, memory_mb) VALUES ($1, 'regular', "
    "'online', '10.0.0.1:7443', 'aa', 4096)"};
inline constexpr pg::Statement<2> kInsertHolder{
    "test.insert_holder", "INSERT INTO template_hosts (template_id, host_id) VALUES ($1, $2)"};
inline constexpr pg::Statement<1> kListAudit{
    "test.list_audit", "SELECT action, status FROM audit_logs WHERE resource_id = $1 ORDER BY created_at"};
inline constexpr pg::Statement<1> kCountRows{"test.count_rows",
                                             "SELECT count(*) AS n FROM sandboxes WHERE team_id = $1"};

struct World {
  pg::Database& db;
  Supervisor tasks;
  access::Keys keys = *access::Keys::derive(Secret(std::string(32, 'k')));
  std::map<HostId, std::shared_ptr<agents::FakeAgentClient>> hosts;
  agents::AgentPool agents{[this](const agents::AgentAddress& a) { return hosts.at(a.host_id); }};
  templates::TemplateService templates{db};
  SystemClock clock;
  transfers::TransferService transfers{{db, agents, nullptr, clock}};
  quotas::Refusals refusals;
  quotas::QuotaService quotas{db, {}, refusals};
  SandboxService service{{db, templates, transfers, agents, keys, tasks, quotas, {}, {}}};
  access::Actor actor{.type = access::ActorType::user, .id = "usr-1", .name = "Ada"};

  World(pg::Database& database, Executor executor) : db(database), tasks(std::move(executor)) {}

  Task<void> add_team() {
    auto id = TeamId::random();
    auto hex = id.uuid().hex();
    actor.team = access::Team{id, "Test", "slug"};
    auto rows = co_await db.query(kInsertTeam, id, hex.substr(0, 6) + "-" + hex.substr(6, 6));
    REQUIRE(rows);
  }

  Task<agents::FakeAgentClient*> add_host() {
    auto id = HostId::random();
    auto inserted = co_await db.query(kInsertHost, id);
    REQUIRE(inserted);
    auto holds = co_await db.query(kInsertHolder, *TemplateId::parse(kBaseTemplateId), id);
    REQUIRE(holds);
    hosts[id] = std::make_shared<agents::FakeAgentClient>();
    co_return hosts[id].get();
  }

  Task<std::vector<std::string>> audit_of(SandboxId id) {
    auto rows = co_await db.query(kListAudit, id.str());
    std::vector<std::string> out;
    for (std::size_t i = 0; i < rows->size(); ++i)
      out.push_back((*rows)[i].get<std::string>("action") + " " + (*rows)[i].get<std::string>("status"));
    co_return out;
  }
};

// Runs a test in a world with one team and one host.
inline void with_world(std::function<Task<void>(World&, agents::FakeAgentClient&)> body) {
  struct Run {
    static Task<void> run(pg::Database& db,
                          std::function<Task<void>(World&, agents::FakeAgentClient&)>& test) {
      World world(db, co_await boost::asio::this_coro::executor);
      co_await world.add_team();
      auto* host = co_await world.add_host();
      co_await test(world, *host);
      co_await world.tasks.drained();
    }
  };
  with_schema([&](pg::Database& db) { return Run::run(db, body); });
}

}  // namespace sandbar::control::sandboxes::test
