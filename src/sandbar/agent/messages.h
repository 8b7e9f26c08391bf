// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/v1/agent.pb.h"
#include "sandbar/agent/manager.h"

// Between the messages of agent.proto and our own values.

namespace sandbar::agent {

// Every field checked against the limits of model/limits.h, although control has done so before.
Result<NewSandbox> parse_create(const v1::CreateSandboxRequest& request);
Result<std::optional<std::int64_t>> parse_timeout(bool given, std::int64_t seconds);

v1::SandboxReport message_of(const SandboxReport& report);
v1::TemplateReport message_of(const TemplateInfo& info);
v1::MetricPoint message_of(const MetricPoint& point, const VmShape& of);

}  // namespace sandbar::agent
