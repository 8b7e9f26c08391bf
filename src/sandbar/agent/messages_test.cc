// SPDX-License-Identifier: Apache-2.0
#include "sandbar/agent/messages.h"

#include <doctest/doctest.h>

#include "sandbar/model/limits.h"

using namespace sandbar;
using namespace sandbar::agent;

namespace {

v1::CreateSandboxRequest good_request() {
  v1::CreateSandboxRequest request;
  request.set_sandbox_id(SandboxId::random().str());
  request.set_template_id(TemplateId::random().str());
  return request;
}

void refuses(const std::function<void(v1::CreateSandboxRequest&)>& spoil) {
  auto request = good_request();
  spoil(request);
  auto parsed = parse_create(request);
  REQUIRE_FALSE(parsed.has_value());
  CHECK(parsed.error().code == Errc::invalid_request);
}

}  // namespace

TEST_CASE("a request to create is taken over field by field") {
  auto request = good_request();
  request.mutable_resources()->set_vcpus(2);
  request.set_timeout_s(60);
  request.set_access_token("t");
  (*request.mutable_env())["A"] = "b";
  request.mutable_network()->add_deny_cidrs("10.0.0.0/8");
  auto wanted = parse_create(request);
  REQUIRE(wanted.has_value());
  CHECK(wanted->id.str() == request.sandbox_id());
  CHECK(wanted->shape.vcpus == 2);
  CHECK(wanted->shape.memory_mib == 0);
  CHECK(wanted->timeout_s == 60);
  CHECK(wanted->env.at("A") == "b");
  CHECK(wanted->network.deny_cidrs == std::vector<std::string>{"10.0.0.0/8"});
}

TEST_CASE("values beyond the limits are refused, although control has checked them") {
  refuses([](auto& r) { r.set_sandbox_id("../etc"); });
  refuses([](auto& r) { r.set_template_id(""); });
  refuses([](auto& r) { r.mutable_resources()->set_vcpus(-1); });
  refuses([](auto& r) { r.mutable_resources()->set_memory_mib(limits::kMaxMemoryMib + 1); });
  refuses([](auto& r) { r.mutable_resources()->set_disk_mib(1); });
  refuses([](auto& r) { r.set_timeout_s(-5); });
  refuses([](auto& r) { (*r.mutable_env())["A"] = std::string(limits::kMaxEnvBytes, 'x'); });
  refuses([](auto& r) {
    for (int i = 0; i < 1001; ++i) r.mutable_network()->add_allow_cidrs("10.0.0.0/8");
  });
}

TEST_CASE("a report says when the reaper acts and why it has paused") {
  SandboxReport report;
  report.record.status = Status::paused;
  report.record.pause_cause = PauseCause::isolated;
  report.expires_at = Time(std::chrono::seconds(7));
  auto message = message_of(report);
  CHECK(message.status() == v1::SANDBOX_STATUS_PAUSED);
  CHECK(message.pause_cause() == v1::PAUSE_CAUSE_ISOLATED);
  CHECK(message.expires_at_ms() == 7000);
}
