// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/agents/convert.h"

#include <utility>

#include "sandbar/log/log.h"
#include "sandbar/model/limits.h"

namespace sandbar::control::agents {
namespace {

namespace pb = agent::v1;

Time time_of_ms(std::int64_t ms) { return Time(std::chrono::milliseconds(ms)); }

SandboxState state_of(pb::SandboxStatus status) {
  switch (status) {
    case pb::SANDBOX_STATUS_STARTING:
      return SandboxState::starting;
    case pb::SANDBOX_STATUS_RUNNING:
      return SandboxState::running;
    case pb::SANDBOX_STATUS_PAUSING:
      return SandboxState::pausing;
    case pb::SANDBOX_STATUS_PAUSED:
      return SandboxState::paused;
    case pb::SANDBOX_STATUS_RESUMING:
      return SandboxState::resuming;
    case pb::SANDBOX_STATUS_STOPPING:
      return SandboxState::stopping;
    default:
      return SandboxState::error;
  }
}

PauseCause cause_of(pb::PauseCause cause) {
  switch (cause) {
    case pb::PAUSE_CAUSE_REQUESTED:
      return PauseCause::requested;
    case pb::PAUSE_CAUSE_TIMEOUT:
      return PauseCause::timeout;
    case pb::PAUSE_CAUSE_ISOLATED:
      return PauseCause::isolated;
    case pb::PAUSE_CAUSE_SHUTDOWN:
      return PauseCause::shutdown;
    default:
      return PauseCause::unknown;
  }
}

std::unexpected<Error> malformed(std::string detail) {
  return fail(Error{Errc::agent_error, "the host gave a malformed answer", std::move(detail)});
}

template <class T>
Result<T> parse_id(const std::string& text) {
  auto id = T::parse(text);
  if (!id) return malformed("malformed id " + text);
  return *id;
}

constexpr std::int64_t kLastMs = 253'402'300'799'000;  // of the year 9999

bool is_between(std::int64_t value, std::int64_t least, std::int64_t most) {
  return value >= least && value <= most;
}

// Sizes that the host does not tell are 0.
Result<void> check_sizes(const pb::Resources& sizes) {
  if (is_between(sizes.vcpus(), 0, limits::kMaxVcpus) &&
      is_between(sizes.memory_mib(), 0, limits::kMaxMemoryMib) &&
      is_between(sizes.disk_mib(), 0, limits::kMaxDiskMib))
    return {};
  return malformed(fmt::format("sizes out of bounds: {} vcpus, {} MiB, disk {} MiB", sizes.vcpus(),
                               sizes.memory_mib(), sizes.disk_mib()));
}

Result<void> check_values(const pb::SandboxReport& message) {
  TRY_VOID(check_sizes(message.resources()));
  if (!std::in_range<std::int64_t>(message.epoch())) return malformed("epoch out of bounds");
  if (!is_between(message.timeout_s(), 0, limits::kMaxTimeoutSeconds))
    return malformed("timeout out of bounds");
  for (auto ms : {message.created_at_ms(), message.last_active_at_ms(), message.expires_at_ms()})
    if (!is_between(ms, 0, kLastMs)) return malformed("time out of bounds");
  return {};
}

Error agent_error(Error error) {
  return Error{Errc::agent_error, "the sandbox's host could not do this", log::describe(error)};
}

}  // namespace

pb::CreateSandboxRequest to_message(const AgentSandboxSpec& spec) {
  pb::CreateSandboxRequest out;
  out.set_sandbox_id(spec.id.str());
  out.set_team_id(spec.team_id.str());
  out.set_template_id(spec.template_id.str());
  out.mutable_resources()->set_vcpus(spec.vcpus);
  out.mutable_resources()->set_memory_mib(spec.memory_mb);
  out.mutable_resources()->set_disk_mib(spec.disk_mb);
  out.set_timeout_s(spec.timeout_sec);
  out.set_destroy_on_timeout(spec.destroy_on_timeout);
  out.mutable_env()->insert(spec.env.begin(), spec.env.end());
  out.set_access_token(spec.access_token.reveal());
  out.mutable_network()->set_deny_egress(spec.network.deny_egress);
  for (const auto& cidr : spec.network.allow_cidrs) out.mutable_network()->add_allow_cidrs(cidr);
  for (const auto& cidr : spec.network.deny_cidrs) out.mutable_network()->add_deny_cidrs(cidr);
  return out;
}

Result<SandboxReport> from_message(const pb::SandboxReport& message) {
  TRY_VOID(check_values(message));
  SandboxReport out;
  TRY(out.id, parse_id<SandboxId>(message.sandbox_id()));
  TRY(out.template_id, parse_id<TemplateId>(message.template_id()));
  out.state = state_of(message.status());
  out.vcpus = message.resources().vcpus();
  out.memory_mb = message.resources().memory_mib();
  out.disk_mb = message.resources().disk_mib();
  out.created_at = time_of_ms(message.created_at_ms());
  out.last_active_at = time_of_ms(message.last_active_at_ms());
  out.timeout_sec = message.timeout_s();
  if (message.expires_at_ms() != 0) out.expires_at = time_of_ms(message.expires_at_ms());
  out.pause_cause = cause_of(message.pause_cause());
  out.epoch = message.epoch();
  out.disk_bytes = message.disk_bytes();
  out.memory_bytes = message.memory_bytes();
  out.destroy_on_timeout = message.destroy_on_timeout();
  return out;
}

Result<TemplateReport> from_message(const pb::TemplateReport& message) {
  TRY(auto id, parse_id<TemplateId>(message.template_id()));
  const auto& resources = message.resources();
  TRY_VOID(check_sizes(resources));
  if (message.size_bytes() < 0) return malformed("size out of bounds");
  return TemplateReport{id, resources.vcpus(), resources.memory_mib(), resources.disk_mib(),
                        message.size_bytes()};
}

Result<SandboxReport> answer_about(SandboxId id, Result<SandboxReport> report) {
  if (report && report->id != id) return malformed("an answer about " + report->id.str());
  return report;
}

Result<TemplateReport> answer_about(TemplateId id, Result<TemplateReport> report) {
  if (report && report->id != id) return malformed("an answer about " + report->id.str());
  return report;
}

pb::FetchTemplateRequest to_message(const FetchOrder& order) {
  pb::FetchTemplateRequest message;
  message.set_template_id(order.template_id.str());
  for (const auto& source : order.sources) {
    auto* out = message.add_sources();
    out->set_host_id(source.agent.host_id.str());
    out->set_address(source.agent.address);
    out->set_cert_fingerprint(source.agent.cert_fingerprint);
    out->set_digest(source.digest);
    out->set_grant(source.grant);
  }
  return message;
}

pb::BuildTemplateRequest to_message(BuildOrder order) {
  pb::BuildTemplateRequest message;
  message.set_template_id(order.template_id.str());
  message.set_definition(std::move(order.definition));
  message.set_name(std::move(order.name));
  message.set_healthcheck(std::move(order.healthcheck));
  auto* resources = message.mutable_resources();
  resources->set_vcpus(order.vcpus);
  resources->set_memory_mib(order.memory_mb);
  resources->set_disk_mib(order.disk_mb);
  message.set_confined(order.confined);
  message.set_follow_only(order.mode == BuildMode::follow);
  message.set_from_line(order.from_line);
  return message;
}

FetchProgress from_message(const pb::FetchProgress& message) {
  FetchProgress progress{{}, message.bytes_done(), message.bytes_total()};
  if (auto source = HostId::parse(message.source_host_id()); source && !source->uuid().is_nil())
    progress.source = *source;
  return progress;
}

std::optional<MetricSample> from_message(const pb::MetricPoint& message) {
  bool is_sane = is_between(message.at_ms(), 0, kLastMs) && message.cpu_percent() >= 0 &&
                 message.cpu_percent() <= 1e6;  // NaN is neither
  for (auto bytes : {message.memory_bytes(), message.memory_total_bytes(), message.disk_bytes(),
                     message.disk_total_bytes()})
    is_sane = is_sane && bytes >= 0;
  if (!is_sane) return std::nullopt;
  return MetricSample{time_of_ms(message.at_ms()),  message.cpu_percent(), message.memory_bytes(),
                      message.memory_total_bytes(), message.disk_bytes(),  message.disk_total_bytes()};
}

Error translate_agent_error(Error error) {
  switch (error.code) {
    case Errc::not_found:
    case Errc::invalid_request:
    case Errc::invalid_state:
    case Errc::conflict:
    case Errc::no_space:
    case Errc::deadline_exceeded:
    case Errc::host_unavailable:
      return error;
    case Errc::already_exists:
      return Error{Errc::conflict, error.message, error.detail};
    case Errc::rate_limited:
      return Error{Errc::no_space, "the sandbox's host is full", log::describe(error)};
    case Errc::unavailable:
      return Error{Errc::host_unavailable, "the sandbox's host cannot be reached", log::describe(error)};
    default:
      return agent_error(std::move(error));
  }
}

}  // namespace sandbar::control::agents
