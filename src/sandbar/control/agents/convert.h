// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "agent/v1/agent.pb.h"
#include "sandbar/base/result.h"
#include "sandbar/control/agents/types.h"

// Between the agent's protocol and our values. A host may be a team's own machine, so what an agent answers
// is checked: agent_error for malformed ids, and for values that no honest host has.

namespace sandbar::control::agents {

agent::v1::CreateSandboxRequest to_message(const AgentSandboxSpec& spec);
Result<SandboxReport> from_message(const agent::v1::SandboxReport& message);
Result<TemplateReport> from_message(const agent::v1::TemplateReport& message);
agent::v1::FetchTemplateRequest to_message(const FetchOrder& order);
agent::v1::BuildTemplateRequest to_message(BuildOrder order);
// agent_error for an answer about something else than what was asked about: a host's word counts only for
// what it has.
Result<SandboxReport> answer_about(SandboxId id, Result<SandboxReport> report);
Result<TemplateReport> answer_about(TemplateId id, Result<TemplateReport> report);
FetchProgress from_message(const agent::v1::FetchProgress& message);
// Nothing for a point that cannot be.
std::optional<MetricSample> from_message(const agent::v1::MetricPoint& message);

// An error of a call to the agent, as control's callers know it: see AgentClient.
Error translate_agent_error(Error error);

}  // namespace sandbar::control::agents
