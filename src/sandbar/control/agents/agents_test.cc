// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <cmath>

#include "sandbar/control/agents/agent_pool.h"
#include "sandbar/control/agents/convert.h"
#include "sandbar/control/agents/fake_agent_client.h"

using namespace sandbar;
using namespace sandbar::control::agents;
namespace pb = sandbar::agent::v1;

namespace {

AgentAddress address_of(HostId id, std::string address) { return {id, std::move(address), "aa"}; }

}  // namespace

TEST_CASE("a host keeps its client until its address or certificate changes") {
  int made = 0;
  AgentPool pool([&](const AgentAddress&) { return ++made, std::make_shared<FakeAgentClient>(); });
  auto host = HostId::random();
  auto first = pool.client_of(address_of(host, "10.0.0.1:7443"));
  auto again = pool.client_of(address_of(host, "10.0.0.1:7443"));
  CHECK(*first == *again);
  auto moved = pool.client_of(address_of(host, "10.0.0.2:7443"));
  CHECK(*moved != *first);
  auto renewed = pool.client_of({host, "10.0.0.2:7443", "bb"});
  CHECK(*renewed != *moved);
  CHECK(made == 3);
  CHECK(pool.size() == 1);
  pool.evict(host);
  CHECK(pool.size() == 0);
}

TEST_CASE("a host without an address cannot be reached") {
  AgentPool pool([](const AgentAddress&) { return std::make_shared<FakeAgentClient>(); });
  auto client = pool.client_of(address_of(HostId::random(), ""));
  REQUIRE(!client);
  CHECK(client.error().code == Errc::host_unavailable);
}

TEST_CASE("a spec reaches the agent with prefixed ids") {
  AgentSandboxSpec spec{
      .id = SandboxId::random(), .team_id = TeamId::random(), .template_id = TemplateId::random()};
  spec.vcpus = 2;
  spec.env = {{"A", "b"}};
  spec.access_token = Secret("t0ken");
  spec.network.deny_cidrs = {"10.0.0.0/8"};
  auto message = to_message(spec);
  CHECK(message.sandbox_id() == spec.id.str());
  CHECK(message.team_id() == spec.team_id.str());
  CHECK(message.resources().vcpus() == 2);
  CHECK(message.env().at("A") == "b");
  CHECK(message.access_token() == "t0ken");
  CHECK(message.network().deny_cidrs(0) == "10.0.0.0/8");
}

TEST_CASE("an agent's report is read, and refused if its ids are malformed") {
  pb::SandboxReport message;
  message.set_sandbox_id(SandboxId::random().str());
  message.set_template_id(TemplateId::random().str());
  message.set_status(pb::SANDBOX_STATUS_PAUSED);
  message.set_pause_cause(pb::PAUSE_CAUSE_TIMEOUT);
  message.set_epoch(7);
  auto report = from_message(message);
  REQUIRE(report);
  CHECK(report->state == SandboxState::paused);
  CHECK(report->pause_cause == PauseCause::timeout);
  CHECK(!report->expires_at);
  CHECK(report->epoch == 7);
  message.set_sandbox_id("sb-../../etc");
  CHECK(from_message(message).error().code == Errc::agent_error);
}

TEST_CASE("a report with values that no honest host has is refused") {
  pb::SandboxReport honest;
  honest.set_sandbox_id(SandboxId::random().str());
  honest.set_template_id(TemplateId::random().str());
  honest.mutable_resources()->set_vcpus(2);
  REQUIRE(from_message(honest));
  using Change = void (*)(pb::SandboxReport&);
  for (Change change :
       {Change([](auto& m) { m.mutable_resources()->set_vcpus(17); }),
        Change([](auto& m) { m.mutable_resources()->set_vcpus(-1); }),
        Change([](auto& m) { m.mutable_resources()->set_memory_mib(32'769); }),
        Change([](auto& m) { m.mutable_resources()->set_disk_mib(INT32_MAX); }),
        Change([](auto& m) { m.set_timeout_s(-1); }), Change([](auto& m) { m.set_timeout_s(INT64_MAX); }),
        Change([](auto& m) { m.set_expires_at_ms(INT64_MAX); }),
        Change([](auto& m) { m.set_last_active_at_ms(-1); }),
        Change([](auto& m) { m.set_epoch(UINT64_MAX); })}) {
    auto message = honest;
    change(message);
    CAPTURE(message.ShortDebugString());
    CHECK(from_message(message).error().code == Errc::agent_error);
  }
}

TEST_CASE("a measurement that cannot be is left out") {
  pb::MetricPoint point;
  point.set_at_ms(1'790'000'000'000);
  point.set_cpu_percent(12.5);
  REQUIRE(from_message(point));
  auto odd = point;
  odd.set_cpu_percent(std::nan(""));
  CHECK(!from_message(odd));
  odd = point;
  odd.set_at_ms(INT64_MAX);
  CHECK(!from_message(odd));
  odd = point;
  odd.set_disk_bytes(-1);
  CHECK(!from_message(odd));
}

TEST_CASE("an answer about another sandbox or template than was asked about is refused") {
  SandboxReport sandbox{.id = SandboxId::random()};
  CHECK(answer_about(sandbox.id, sandbox));
  CHECK(answer_about(SandboxId::random(), sandbox).error().code == Errc::agent_error);
  TemplateReport made{.id = TemplateId::random()};
  CHECK(answer_about(made.id, made));
  CHECK(answer_about(TemplateId::random(), made).error().code == Errc::agent_error);
}

TEST_CASE("what an agent says about a sandbox is passed on, and its own troubles become agent_error") {
  auto code = [](Errc from) { return translate_agent_error(Error{from, "m", "d"}).code; };
  CHECK(code(Errc::not_found) == Errc::not_found);
  CHECK(code(Errc::invalid_state) == Errc::invalid_state);
  CHECK(code(Errc::unavailable) == Errc::host_unavailable);
  CHECK(code(Errc::deadline_exceeded) == Errc::deadline_exceeded);
  CHECK(code(Errc::internal_error) == Errc::agent_error);
  CHECK(code(Errc::unauthorized) == Errc::agent_error);
  CHECK(
      !translate_agent_error(Error{Errc::internal_error, "secret path", ""}).message.contains("secret path"));
}
