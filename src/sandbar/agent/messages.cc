// SPDX-License-Identifier: Apache-2.0
#include "sandbar/agent/messages.h"

#include <array>

#include "sandbar/base/units.h"
#include "sandbar/model/limits.h"
#include "sandbar/model/names.h"

namespace sandbar::agent {
namespace {

constexpr std::size_t kMaxCidrs = 1000, kMaxCommand = 64 * 1024;
constexpr int kMaxSources = 16;

std::int64_t to_ms(Time time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

Result<void> check_range(std::string_view field, std::int64_t value, std::int64_t low, std::int64_t high) {
  if (value == 0 || (value >= low && value <= high)) return {};
  auto what = fmt::format("must be from {} to {}", low, high);
  return fail(invalid_request(fmt::format("{} {}", field, what), {{std::string(field), what}}));
}

Result<VmShape> parse_resources(const v1::Resources& resources) {
  TRY_VOID(check_range("resources.vcpus", resources.vcpus(), limits::kMinVcpus, limits::kMaxVcpus));
  TRY_VOID(check_range("resources.memory_mib", resources.memory_mib(), limits::kMinMemoryMib,
                       limits::kMaxMemoryMib));
  TRY_VOID(check_range("resources.disk_mib", resources.disk_mib(), limits::kMinDiskMib, limits::kMaxDiskMib));
  return VmShape{resources.vcpus(), resources.memory_mib(), resources.disk_mib()};
}

Result<std::map<std::string, std::string>> parse_env(
    const google::protobuf::Map<std::string, std::string>& env) {
  std::map<std::string, std::string> out(env.begin(), env.end());
  std::size_t bytes = 0;
  for (const auto& [name, value] : out) bytes += name.size() + value.size();
  if (out.size() > limits::kMaxEnvVariables || bytes > limits::kMaxEnvBytes)
    return fail(invalid_request("env is too large", {{"env", "is too large"}}));
  return out;
}

Result<NetworkRecord> parse_network(const v1::NetworkPolicy& policy) {
  if (static_cast<std::size_t>(policy.allow_cidrs_size() + policy.deny_cidrs_size()) > kMaxCidrs)
    return fail(invalid_request("network has too many rules", {{"network", "has too many rules"}}));
  return NetworkRecord{policy.deny_egress(),
                       {policy.allow_cidrs().begin(), policy.allow_cidrs().end()},
                       {policy.deny_cidrs().begin(), policy.deny_cidrs().end()}};
}

constexpr auto kStatuses = std::to_array<v1::SandboxStatus>({
    v1::SANDBOX_STATUS_STARTING,
    v1::SANDBOX_STATUS_RUNNING,
    v1::SANDBOX_STATUS_PAUSING,
    v1::SANDBOX_STATUS_PAUSED,
    v1::SANDBOX_STATUS_RESUMING,
    v1::SANDBOX_STATUS_STOPPING,
});
static_assert(kStatuses.size() == static_cast<std::size_t>(Status::stopping) + 1);

constexpr auto kCauses = std::to_array<v1::PauseCause>({
    v1::PAUSE_CAUSE_UNSPECIFIED,
    v1::PAUSE_CAUSE_REQUESTED,
    v1::PAUSE_CAUSE_TIMEOUT,
    v1::PAUSE_CAUSE_ISOLATED,
    v1::PAUSE_CAUSE_SHUTDOWN,
});
static_assert(kCauses.size() == static_cast<std::size_t>(PauseCause::shutdown) + 1);

void set_resources(v1::Resources& out, int vcpus, int memory_mib, int disk_mib) {
  out.set_vcpus(vcpus);
  out.set_memory_mib(memory_mib);
  out.set_disk_mib(disk_mib);
}

}  // namespace

Result<std::optional<std::int64_t>> parse_timeout(bool given, std::int64_t seconds) {
  if (!given) return std::nullopt;
  TRY_VOID(check_range("timeout_s", seconds, 0, limits::kMaxTimeoutSeconds));
  return seconds;
}

Result<NewSandbox> parse_create(const v1::CreateSandboxRequest& request) {
  NewSandbox wanted;
  TRY(wanted.id, SandboxId::parse(request.sandbox_id()));
  TRY(wanted.template_id, TemplateId::parse(request.template_id()));
  TRY(wanted.shape, parse_resources(request.resources()));
  TRY_VOID(parse_timeout(true, request.timeout_s()));
  TRY(wanted.env, parse_env(request.env()));
  TRY(wanted.network, parse_network(request.network()));
  wanted.team_id = request.team_id();
  wanted.timeout_s = request.timeout_s();
  wanted.destroy_on_timeout = request.destroy_on_timeout();
  wanted.access_token = Secret(request.access_token());
  return wanted;
}

Result<FetchOrder> parse_fetch(const v1::FetchTemplateRequest& request) {
  FetchOrder order;
  TRY(order.id, TemplateId::parse(request.template_id()));
  if (request.sources().empty() || request.sources_size() > kMaxSources)
    return fail(invalid_request("sources must have 1 to 16 items"));
  for (const auto& source : request.sources()) {
    TRY(auto host, HostId::parse(source.host_id()));
    order.sources.push_back(
        {host, source.address(), source.cert_fingerprint(), source.digest(), source.grant()});
  }
  return order;
}

Result<BuildOrder> parse_build(v1::BuildTemplateRequest& request) {
  BuildOrder order;
  TRY(order.id, TemplateId::parse(request.template_id()));
  TRY(order.shape, parse_resources(request.resources()));
  if (!request.name().empty() && !is_template_name(request.name()))
    return fail(invalid_request("name is not a template's name"));
  if (request.healthcheck().size() > kMaxCommand) return fail(invalid_request("healthcheck is too long"));
  order.definition = std::move(*request.mutable_definition());
  order.name = request.name();
  order.healthcheck = request.healthcheck();
  order.confined = request.confined();
  return order;
}

v1::SandboxReport message_of(const SandboxReport& report) {
  const auto& record = report.record;
  v1::SandboxReport out;
  out.set_sandbox_id(record.id.str());
  out.set_status(kStatuses[static_cast<std::size_t>(record.status)]);
  out.set_template_id(record.template_id.str());
  set_resources(*out.mutable_resources(), record.vcpus, record.memory_mib, record.disk_mib);
  out.set_created_at_ms(record.created_at_ms);
  out.set_last_active_at_ms(record.last_active_at_ms);
  out.set_timeout_s(record.timeout_s);
  out.set_expires_at_ms(report.expires_at ? to_ms(*report.expires_at) : 0);
  out.set_pause_cause(kCauses[static_cast<std::size_t>(record.pause_cause)]);
  out.set_epoch(record.epoch);
  out.set_disk_bytes(static_cast<std::int64_t>(report.disk_bytes));
  out.set_memory_bytes(static_cast<std::int64_t>(report.memory_bytes));
  out.set_destroy_on_timeout(record.destroy_on_timeout);
  return out;
}

v1::TemplateReport message_of(const TemplateInfo& info) {
  v1::TemplateReport out;
  out.set_template_id(info.id.str());
  set_resources(*out.mutable_resources(), info.settings.vcpus, info.settings.memory_mib,
                info.settings.disk_mib);
  out.set_size_bytes(static_cast<std::int64_t>(stored_bytes(info)));
  return out;
}

v1::FetchProgress message_of(const Fetch& fetch) {
  v1::FetchProgress out;
  out.set_source_host_id(fetch.source.str());
  out.set_bytes_done(fetch.bytes_done);
  out.set_bytes_total(fetch.bytes_total);
  return out;
}

v1::MetricPoint message_of(const MetricPoint& point, const VmShape& of) {
  v1::MetricPoint out;
  out.set_at_ms(to_ms(point.at));
  out.set_cpu_percent(point.cpu_percent);
  out.set_memory_bytes(static_cast<std::int64_t>(point.memory_bytes));
  out.set_memory_total_bytes(of.memory_mib * static_cast<std::int64_t>(kMib));
  out.set_disk_bytes(static_cast<std::int64_t>(point.disk_bytes));
  out.set_disk_total_bytes(of.disk_mib * static_cast<std::int64_t>(kMib));
  return out;
}

}  // namespace sandbar::agent
