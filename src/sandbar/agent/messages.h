// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/v1/agent.pb.h"
#include "sandbar/agent/manager.h"
#include "sandbar/agent/templates/template_builder.h"
#include "sandbar/agent/transfer/fetcher.h"

// Between the messages of agent.proto and our own values.

namespace sandbar::agent {

// Every field checked against the limits of model/limits.h, although control has done so before.
Result<NewSandbox> parse_create(const v1::CreateSandboxRequest& request);
Result<std::optional<std::int64_t>> parse_timeout(bool given, std::int64_t seconds);

Result<FetchOrder> parse_fetch(const v1::FetchTemplateRequest& request);
Result<BuildOrder> parse_build(v1::BuildTemplateRequest& request);  // takes its definition

v1::SandboxReport message_of(const SandboxReport& report);
v1::TemplateReport message_of(const TemplateInfo& info);
v1::FetchProgress message_of(const Fetch& fetch);
v1::MetricPoint message_of(const MetricPoint& point, const VmShape& of);

}  // namespace sandbar::agent
