// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdlib>

#include "sandbar/agent/disk/files.h"
#include "sandbar/agent/net/instance.h"
#include "sandbar/agent/net/namespace.h"
#include "sandbar/agent/net/ruleset.h"
#include "sandbar/agent/net/slot.h"

using namespace sandbar;
using namespace sandbar::agent;

namespace {

bool root() { return ::geteuid() == 0; }

struct Scratch {
  fs::path path = [] {
    char name[] = "/tmp/sandbar-net-XXXXXX";
    return fs::path(::mkdtemp(name));
  }();
  ~Scratch() { fs::remove_all(path); }
};

}  // namespace

TEST_CASE("an address range is cut to its prefix") {
  CHECK(parse_cidr("10.1.2.3/8")->str() == "10.0.0.0/8");
  CHECK(parse_cidr("203.0.113.7")->str() == "203.0.113.7/32");
  CHECK(parse_cidr("0.0.0.0/0")->str() == "0.0.0.0/0");
}

TEST_CASE("what is not an address range never reaches a ruleset") {
  for (const char* text : {"", "/8", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0/8",
                           "10.0.0.0/8 }; flush ruleset", "10.0.0.0/", "example.com", "::1", "10.0.0.0/8/8"})
    CHECK_MESSAGE(parse_cidr(text).error().code == Errc::invalid_request, text);
}

TEST_CASE("a team's list may name IPv6 ranges, which sandboxes do not have") {
  CHECK(parse_cidrs({"2001:db8::/32", "1.1.1.1"})->size() == 1);
  CHECK_FALSE(parse_cidrs({"2001:db8::/129"}));
  CHECK_FALSE(parse_cidrs({"2001:zz8::/32"}));
}

TEST_CASE("ranges overlap if one contains the other") {
  CHECK(parse_cidr("10.0.0.0/8")->overlaps(*parse_cidr("10.9.0.0/16")));
  CHECK(parse_cidr("10.9.0.0/16")->overlaps(*parse_cidr("10.0.0.0/8")));
  CHECK_FALSE(parse_cidr("10.9.0.0/16")->overlaps(*parse_cidr("10.8.0.0/16")));
}

TEST_CASE("two state directories get different numbers, and each its own again" * doctest::skip(!root())) {
  Scratch claims, one, two;
  auto first = claim_instance(one.path, claims.path), second = claim_instance(two.path, claims.path);
  REQUIRE(first);
  REQUIRE(second);
  CHECK(first->number != second->number);
  CHECK_FALSE(first->subnet().overlaps(second->subnet()));
  CHECK(claim_instance(one.path, claims.path)->number == first->number);
  CHECK(claim_instance(two.path, claims.path)->number == second->number);
}

TEST_CASE("no two slots share an address, an interface or a user") {
  Instance instance{3, 1'000'000};
  CHECK(instance.slot_address(0) != instance.host_address(1));
  CHECK(instance.interface(2047).size() <= 15);
  CHECK(Cidr{instance.slot_address(2047), 32}.overlaps(instance.subnet()));
  CHECK(Instance{31, 0}.subnet().overlaps(kInstanceRange));
}

TEST_CASE("the rulesets are accepted by the kernel, and repeated without harm" * doctest::skip(!root())) {
  Scratch scratch;
  EgressRules rules{true, {*parse_cidr("1.1.1.1"), *parse_cidr("1.1.1.0/24")}, {*parse_cidr("8.8.0.0/16")}};
  NetConfig config{.opened = {*parse_cidr("10.0.0.53")}};
  auto ns = make_namespace(scratch.path / "ns", [&](int) -> Result<void> {
    for (int i = 0; i < 2; ++i) {
      if (auto r = load_ruleset(slot_ruleset(rules, config)); !r) return r;
      if (auto r = load_ruleset(host_ruleset(Instance{3, 0}, config)); !r) return r;
    }
    return {};
  });
  CHECK_MESSAGE(ns, ns.error().detail);
  remove_namespace(scratch.path / "ns");
}

TEST_CASE("a slot is made, found again, and leaves nothing when it is removed" * doctest::skip(!root())) {
  Scratch scratch;
  fs::create_directories(scratch.path / "ns");
  auto instance = claim_instance(scratch.path, "/run/sandbar");
  REQUIRE(instance);
  SlotMaker maker(*instance, {}, scratch.path / "ns");
  {
    auto slot = maker.make(5);
    REQUIRE_MESSAGE(slot, slot.error().detail);
    CHECK(slot->tap);
    CHECK(maker.existing() == std::vector<std::uint32_t>{5});
    CHECK(maker.find(5));
    CHECK(maker.set_rules(*slot, {.deny_all = true}));
  }
  maker.remove(5);
  CHECK(maker.existing().empty());
  CHECK_FALSE(maker.find(5));
}
