// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/placement/choose.h"

#include <doctest/doctest.h>

#include <map>

using namespace sandbar;
using namespace sandbar::control::placement;

namespace {

std::vector<Candidate> three_hosts() {
  std::vector<Candidate> hosts(3);
  for (auto& host : hosts) host.id = HostId::random(), host.memory_mb = 1000;
  return hosts;
}

}  // namespace

TEST_CASE("round robin gives six sandboxes to three hosts two by two, in rotation") {
  auto hosts = three_hosts();
  std::vector<HostId> order;
  for (int i = 0; i < 6; ++i) {
    const auto* chosen = choose_host(hosts, {.memory_mb = 1}, {});
    REQUIRE(chosen);
    order.push_back(chosen->id);
    hosts[static_cast<std::size_t>(chosen - hosts.data())].last_placed_at = Time(std::chrono::seconds(i));
  }
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(order[i] == hosts[i].id);
    CHECK(order[i + 3] == hosts[i].id);
  }
}

TEST_CASE("a host that is full or excluded is passed over") {
  auto hosts = three_hosts();
  hosts[0].reserved_memory_mb = 1500;
  Request request{.memory_mb = 600, .excluded = {hosts[1].id}};
  CHECK(choose_host(hosts, request, {.memory_overcommit_percent = 200}) == &hosts[2]);
  request.excluded.push_back(hosts[2].id);
  CHECK(choose_host(hosts, request, {.memory_overcommit_percent = 200}) == nullptr);
  CHECK(choose_host(hosts, request, {.memory_overcommit_percent = 300}) == &hosts[0]);
  CHECK(choose_host({}, request, {}) == nullptr);
}

TEST_CASE("least loaded takes the host with the largest free share") {
  auto hosts = three_hosts();
  hosts[0].reserved_memory_mb = 100;
  hosts[1].memory_mb = 4000, hosts[1].reserved_memory_mb = 200;
  hosts[2].reserved_memory_mb = 500;
  CHECK(choose_host(hosts, {.memory_mb = 1}, {.strategy = Strategy::least_loaded}) == &hosts[1]);
}
