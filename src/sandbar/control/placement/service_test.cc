// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/placement/service.h"

#include <doctest/doctest.h>

#include "sandbar/control/schema/test_schema.h"
#include "sandbar/model/names.h"

using namespace sandbar;
using namespace sandbar::control;
using namespace sandbar::control::placement;

namespace {

constexpr pg::Statement<4> kInsertHost{"test_insert_host", R"sql(
  INSERT INTO hosts (id, type, status, address, memory_mb, disk_gb, cpu_cores, arch, created_at)
  VALUES ($1, 'regular', 'online', '10.0.0.1:1', $2, $3, $4, 'amd64', clock_timestamp()))sql"};
constexpr pg::Statement<1> kInsertHolder{
    "test_insert_holder",
    "INSERT INTO template_hosts (template_id, host_id) SELECT id, $1 FROM templates WHERE name = 'base'"};
constexpr pg::Statement<2> kTag{"test_tag", "INSERT INTO host_tags (host_id, tag) VALUES ($1, $2)"};
constexpr pg::Statement<4> kInsertSandbox{"test_insert_sandbox", R"sql(
  INSERT INTO sandboxes (id, team_id, host_id, template, status, vcpus, memory_mb, disk_mb)
  VALUES (gen_random_uuid(), '00000000-0000-0000-0000-000000000000', $1, 'base', 'starting', $2, $3, $4))sql"};
constexpr pg::Statement<2> kSetStatus{"test_set_status",
                                      "UPDATE sandboxes SET status = $2 WHERE host_id = $1"};
constexpr pg::Statement<1> kLoad{"test_load", R"sql(
  SELECT format('%s sandboxes, %s vcpus, %s memory, %s disk', sandboxes, vcpus, memory_mb, disk_mb) AS value
  FROM host_load WHERE host_id = $1)sql"};

struct Size {
  int memory_mb = 0, disk_gb = 0, cpu_cores = 0;
};

struct World {
  explicit World(pg::Database& db) : database(db) {}

  pg::Database& database;
  Policy policy{
      .memory_overcommit_percent = 100, .disk_overcommit_percent = 100, .cpu_overcommit_percent = 100};
  Request request{
      .template_id = *TemplateId::parse(kBaseTemplateId), .vcpus = 1, .memory_mb = 100, .disk_mb = 100};

  Task<HostId> host(Size size = {}) {
    auto id = HostId::random();
    CHECK(co_await database.query(kInsertHost, id, size.memory_mb, size.disk_gb, size.cpu_cores));
    CHECK(co_await database.query(kInsertHolder, id));
    co_return id;
  }

  Task<Result<HostId>> place_in(pg::Transaction& tx) {
    CO_TRY(auto chosen, co_await placement::place(tx, request, policy));
    CO_TRY_VOID(
        co_await tx.query(kInsertSandbox, chosen.id, request.vcpus, request.memory_mb, request.disk_mb));
    co_return chosen.id;
  }
  Task<Result<HostId>> place() {
    return database.transaction<HostId>(std::bind_front(&World::place_in, this));
  }
  Task<std::string> load(HostId id) {
    auto rows = co_await database.query(kLoad, id);
    co_return (*rows)[0].get<std::string>("value");
  }
};

Task<void> rotation(pg::Database& database) {
  World world(database);
  std::vector<HostId> hosts, chosen;
  for (int i = 0; i < 3; ++i) hosts.push_back(co_await world.host());
  for (int i = 0; i < 6; ++i) chosen.push_back((co_await world.place()).value());
  CHECK(chosen == std::vector{hosts[0], hosts[1], hosts[2], hosts[0], hosts[1], hosts[2]});
  world.request.excluded = {hosts[0], hosts[1]};
  CHECK(co_await world.place() == hosts[2]);
}

Task<void> capacity(pg::Database& database) {
  World world(database);
  auto small = co_await world.host({.memory_mb = 256});
  auto full_disk = co_await world.host({.disk_gb = 1});
  world.request.disk_mb = 600;
  for (int i = 0; i < 3; ++i) CHECK(co_await world.place());
  auto none = co_await world.place();
  CHECK(none.error().code == Errc::no_hosts_available);
  CHECK(co_await world.load(small) == "2 sandboxes, 2 vcpus, 200 memory, 1200 disk");
  CHECK(co_await world.load(full_disk) == "1 sandboxes, 1 vcpus, 100 memory, 600 disk");
  world.policy.memory_overcommit_percent = 200;
  CHECK(co_await world.place() == small);
}

Task<void> counting(pg::Database& database) {
  World world(database);
  auto host = co_await world.host();
  CHECK(co_await world.place() == host);
  for (auto status : {"running", "missing", "stopping"}) {
    CHECK(co_await database.query(kSetStatus, host, std::string(status)));
    CHECK(co_await world.load(host) == "1 sandboxes, 1 vcpus, 100 memory, 100 disk");
  }
  CHECK(co_await database.query(kSetStatus, host, std::string("paused")));
  CHECK(co_await world.load(host) == "1 sandboxes, 0 vcpus, 50 memory, 100 disk");
  for (auto status : {"error", "stopped"}) {
    CHECK(co_await database.query(kSetStatus, host, std::string(status)));
    CHECK(co_await world.load(host) == "0 sandboxes, 0 vcpus, 0 memory, 0 disk");
  }
}

Task<void> bottleneck(pg::Database& database) {
  World world(database);
  world.policy.strategy = Strategy::least_loaded;
  auto wide = co_await world.host({.memory_mb = 10'000, .disk_gb = 100, .cpu_cores = 2});
  auto even = co_await world.host({.memory_mb = 1000, .disk_gb = 100, .cpu_cores = 20});
  CHECK(co_await world.place() == wide);  // both are empty
  CHECK(co_await world.place() == even);  // half of the other's processors are taken
  CHECK(co_await world.place() == even);
  (void)wide;
}

Task<void> constraints(pg::Database& database) {
  World world(database);
  auto plain = co_await world.host(), tagged = co_await world.host();
  CHECK(co_await database.query(kTag, tagged, std::string("gpu")));
  CHECK(co_await database.query(kTag, tagged, std::string("fast")));
  world.request.tags = {"gpu", "fast"};
  for (int i = 0; i < 3; ++i) CHECK(co_await world.place() == tagged);
  world.request.tags = {"gpu", "slow"};
  CHECK(!co_await world.place());
  world.request.tags = {};
  world.request.arch = "arm64";
  CHECK(!co_await world.place());
  world.request.arch = "amd64";
  CHECK(co_await world.place() == plain);
}

Task<void> locality(pg::Database& database) {
  World world(database);
  auto holder = co_await world.host({.memory_mb = 250});
  auto other = HostId::random();
  CHECK(co_await database.query(kInsertHost, other, 0, 0, 0));
  CHECK(co_await world.place() == holder);
  CHECK(co_await world.place() == holder);  // although the other has waited longer
  CHECK(co_await world.place() == other);   // the holder is full
}

Task<Result<bool>> two_at_once(World& world, pg::Transaction& tx) {
  auto first = co_await placement::place(tx, world.request, world.policy);
  REQUIRE(first);
  auto second = co_await world.place();
  CHECK(second.value() != first->id);
  co_return true;
}

using Hosts = std::vector<std::optional<HostId>>;

Task<Result<Hosts>> place_at_once(World& world, std::vector<Request> requests) {
  auto body = [&](pg::Transaction& tx) {
    return placement::place_at_once(tx, std::move(requests), world.policy);
  };
  CO_TRY(auto chosen, co_await world.database.transaction<std::vector<std::optional<Candidate>>>(body));
  Hosts hosts;
  for (const auto& one : chosen) hosts.push_back(one ? std::optional(one->id) : std::nullopt);
  co_return hosts;
}

Task<void> dealing(pg::Database& database) {
  World world(database);
  auto small = co_await world.host({.memory_mb = 299});
  auto other = co_await world.host();
  Hosts around{small, other, small, other, other};
  CHECK(co_await place_at_once(world, {5, world.request}) == around);
  world.request.memory_mb = 150;
  around = {small, other, other};
  CHECK(co_await place_at_once(world, {3, world.request}) == around);
  world.request.excluded = {other};
  around = {small, std::nullopt};
  CHECK(co_await place_at_once(world, {2, world.request}) == around);
  world.policy.strategy = Strategy::least_loaded;
  world.request.excluded = {};
  around = {other, std::nullopt};
  CHECK(co_await place_at_once(world, {2, world.request}) == around);
}

// What one kind has been promised there is not counted yet, so the next gets other hosts.
Task<void> kinds_at_once(pg::Database& database) {
  World world(database);
  auto first = co_await world.host({.memory_mb = 200}), second = co_await world.host({.memory_mb = 200});
  auto larger = world.request, elsewhere = world.request;
  larger.memory_mb = 150;
  elsewhere.arch = "arm64";
  Hosts expected{first, second, std::nullopt, second};
  CHECK(co_await place_at_once(world, {larger, world.request, elsewhere, world.request}) == expected);
}

Task<Result<bool>> nothing_free(World& world, pg::Transaction& tx) {
  REQUIRE(co_await placement::place(tx, world.request, world.policy));
  CHECK(co_await place_at_once(world, {2, world.request}) == Hosts(2));
  co_return true;
}

Task<void> no_waiting(pg::Database& database) {
  World world(database);
  co_await world.host();
  CHECK(co_await database.transaction<bool>(std::bind_front(nothing_free, std::ref(world))));
}

Task<void> side_by_side(pg::Database& database) {
  World world(database);
  for (int i = 0; i < 2; ++i) co_await world.host();
  CHECK(co_await database.transaction<bool>(std::bind_front(two_at_once, std::ref(world))));
}

}  // namespace

TEST_CASE("C11: a host that holds the template is chosen before one that must get it, while it has room") {
  with_schema(locality);
}
TEST_CASE("SC-1: round robin gives six sandboxes to three hosts in rotation, and passes over excluded ones") {
  with_schema(rotation);
}
TEST_CASE("SC-1: a host takes no more than may be promised of its memory and disk, however small it is") {
  with_schema(capacity);
}
TEST_CASE("SC-1: what a host has promised follows its sandboxes, whoever changes them") {
  with_schema(counting);
}
TEST_CASE(
    "SC-1: several at once are dealt around the hosts, each of which takes no more than it has room for") {
  with_schema(dealing);
}
TEST_CASE("SC-1: several kinds at once do not share a host that has room for one of them") {
  with_schema(kinds_at_once);
}
TEST_CASE("SC-1: several at once wait for no other placement") { with_schema(no_waiting); }
TEST_CASE("SC-1: least loaded looks at the scarcest resource") { with_schema(bottleneck); }
TEST_CASE("SC-1: tags and architecture are demands, not wishes") { with_schema(constraints); }
TEST_CASE("SC-1: a placement does not wait for another one while there is a free host") {
  with_schema(side_by_side);
}
