// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/transfers/service.h"

#include <doctest/doctest.h>

#include "sandbar/control/agents/fake_agent_client.h"
#include "sandbar/control/schema/test_schema.h"
#include "sandbar/control/transfers/store.h"
#include "sandbar/http/signature.h"
#include "sandbar/model/names.h"
#include "sandbar/model/transfer_grant.h"

using namespace sandbar;
using namespace sandbar::control;
using namespace sandbar::control::transfers;
using agents::FakeAgentClient;

namespace {

constexpr pg::Statement<2> kInsertHost{
    "test.insert_host",
    "INSERT INTO hosts (id, type, team_id, status, address, cert_fingerprint) VALUES ($1, CASE WHEN $2::uuid "
    "IS NULL "
    "THEN 'regular' ELSE 'byoc' END, $2::uuid, 'online', '10.0.0.1:7443', 'aa')"};
constexpr pg::Statement<2> kInsertHolder{"test.insert_holder",
                                         "INSERT INTO template_hosts (template_id, host_id) VALUES ($1, $2)"};
constexpr pg::Statement<1> kMakeReady{"test.make_ready",
                                      "UPDATE templates SET status = 'ready' WHERE id = $1"};
constexpr pg::Statement<1> kDelete{"test.delete", "UPDATE templates SET status = 'deleting' WHERE id = $1"};
constexpr pg::Statement<2> kInsertTeam{"test.insert_team",
                                       "INSERT INTO teams (id, name, slug) VALUES ($1, 'Test', $2)"};

struct World {
  pg::Database& db;
  authority::AuthorityPtr authority;
  SystemClock clock = {};
  std::map<HostId, std::shared_ptr<FakeAgentClient>> hosts = {};
  agents::AgentPool agents{[this](const agents::AgentAddress& a) { return hosts.at(a.host_id); }};
  TransferService service{{db, agents, authority, clock}};
  TemplateId base = *TemplateId::parse(kBaseTemplateId);

  Task<HostId> add_host(std::optional<TeamId> team = {}) {
    auto id = HostId::random();
    auto inserted = co_await db.query(kInsertHost, id, team);
    REQUIRE(inserted);
    hosts[id] = std::make_shared<FakeAgentClient>();
    co_return id;
  }
  Task<HostId> add_holder(std::optional<TeamId> team = {}) {
    auto id = co_await add_host(team);
    auto holds = co_await db.query(kInsertHolder, base, id);
    REQUIRE(holds);
    hosts[id]->templates[base] = {base, 1, 512, 1024, 4096};
    co_return id;
  }
  Task<Result<void>> provide(HostId target) { return service.provide(base, {target, "10.0.0.1:7443", "aa"}); }
};

Task<void> run(pg::Database& db, std::function<Task<void>(World&)>& test) {
  auto authority = co_await authority::Authority::open(db, Secret(std::string(32, 'k')));
  REQUIRE(authority);
  World world{db, *authority};
  auto ready = co_await db.query(kMakeReady, world.base);
  REQUIRE(ready);
  co_await test(world);
}

void with_world(std::function<Task<void>(World&)> test) {
  with_schema([&](pg::Database& db) { return run(db, test); });
}

Task<void> test_provide(World& world) {
  auto source = co_await world.add_holder();
  auto target = co_await world.add_host();
  auto provided = co_await world.provide(target);
  REQUIRE(provided);
  auto& fetches = world.hosts[target]->fetches;
  REQUIRE(fetches.size() == 1);
  const auto& from = fetches[0].sources.at(0);
  CHECK(from.agent.host_id == source);
  CHECK(from.digest == std::string(64, 'd'));
  auto grant = decode_grant(from.grant);
  REQUIRE(grant);
  CHECK(http::verify_text(world.authority->certificate_pem(), grant->text, grant->signature).has_value());
  CHECK(!http::verify_text(world.authority->certificate_pem(), grant->text + " ", grant->signature));
  CHECK(grant->grant.target == target);
  auto again = co_await world.provide(target);
  REQUIRE(again);
  CHECK(fetches.size() == 1);
}

Task<void> test_lying_source(World& world) {
  auto liar = co_await world.add_holder();
  auto honest = co_await world.add_holder();
  auto one = co_await world.add_host();
  auto first = co_await world.provide(one);
  REQUIRE(first);
  world.hosts[liar]->digests[world.base] = std::string(64, 'e');
  auto other = co_await world.add_host();
  auto second = co_await world.provide(other);
  REQUIRE(second);
  for (const auto& source : world.hosts[other]->fetches.at(0).sources) CHECK(source.agent.host_id != liar);
  (void)honest;
}

Task<void> test_no_source(World& world) {
  auto source = co_await world.add_holder();
  auto target = co_await world.add_host();
  world.hosts[source]->failures = {Error{Errc::host_unavailable, "away", ""}};
  auto provided = co_await world.provide(target);
  CHECK(provided.error().code == Errc::host_unavailable);
  world.hosts[target]->failures = {Error{Errc::no_space, "full", ""}};
  auto full = co_await world.provide(target);
  CHECK(full.error().code == Errc::no_space);
  auto deleted = co_await world.db.query(kDelete, world.base);
  REQUIRE(deleted);
  auto gone = co_await world.provide(target);
  CHECK(gone.error().code == Errc::not_found);
}

Task<void> test_trust(World& world) {
  auto team = TeamId::random();
  auto hex = team.uuid().hex();
  auto inserted = co_await world.db.query(kInsertTeam, team, hex.substr(0, 6) + "-" + hex.substr(6, 6));
  REQUIRE(inserted);
  co_await world.add_holder(team);
  auto regular = co_await world.add_host();
  auto refused = co_await world.provide(regular);
  CHECK(refused.error().code == Errc::host_unavailable);
  auto own = co_await world.add_host(team);
  auto provided = co_await world.provide(own);
  CHECK(provided.has_value());
}

Task<void> test_relay(World& world) {
  auto source = co_await world.add_holder();
  auto target = co_await world.add_host();
  auto provided = co_await world.provide(target);
  REQUIRE(provided);
  auto grant = world.hosts[target]->fetches.at(0).sources.at(0).grant;
  auto stranger = co_await world.add_host();
  auto by_other = co_await world.service.relay({stranger, world.base, source, "index", grant});
  CHECK(by_other.error().code == Errc::unauthorized);
  auto of_other = co_await world.service.relay({target, TemplateId::random(), source, "index", grant});
  CHECK(of_other.error().code == Errc::unauthorized);
  auto forged = co_await world.service.relay({target, world.base, source, "index", "x" + grant});
  CHECK(forged.error().code == Errc::unauthorized);
}

}  // namespace

TEST_CASE("C11: a host gets a template from one that holds it, with a grant that control has signed, once") {
  with_world(test_provide);
}
TEST_CASE("C11: a host that offers another template than it did before is no source any more") {
  with_world(test_lying_source);
}
TEST_CASE("C11: without a source, without room and without a template there is a clear refusal") {
  with_world(test_no_source);
}
TEST_CASE("C11: what a team's host holds goes to hosts of that team only") { with_world(test_trust); }
TEST_CASE("C11: control relays only what its grant says, and to whom") { with_world(test_relay); }
