// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/sandboxes/launch.h"

#include "sandbar/json/encode.h"

namespace sandbar::control::sandboxes {
namespace {

Result<Sandbox> row_of(const access::Actor& actor, const NewSandbox& wanted,
                       const templates::Template& from) {
  Sandbox row{
      .id = SandboxId::random(), .team_id = actor.team->id, .template_id = from.id, .template_ = from.name};
  row.vcpus = wanted.vcpus.value_or(from.vcpus);
  row.memory_mb = wanted.memory_mb.value_or(from.memory_mb);
  row.disk_mb = wanted.disk_mb.value_or(from.disk_mb);
  row.timeout_sec = wanted.timeout_sec;
  row.on_timeout = wanted.on_timeout;
  row.metadata = wanted.metadata;
  TRY(auto network, json::parse(json::encode(wanted.network)));
  row.network = network.as_object();
  TRY(auto traffic, json::parse(json::encode(wanted.traffic)));
  row.traffic = traffic.as_object();
  row.created_by = actor.id;
  return row;
}

}  // namespace

void Launch::move_to(const placement::Candidate& chosen) {
  row.host_id = chosen.id;
  host = {chosen.id, chosen.address, chosen.cert_fingerprint};
  host_holds_template = chosen.holds_template;
}

Result<Launch> plan(access::Actor actor, NewSandbox wanted, const templates::Template& from,
                    const access::Keys& keys) {
  bool is_snapshot = from.type == TemplateType::snapshot;
  if (is_snapshot && from.status != TemplateState::ready)
    return fail(invalid_state("the snapshot is not ready"));
  if (is_snapshot) wanted.vcpus = wanted.memory_mb = wanted.disk_mb = std::nullopt;
  TRY(auto row, row_of(actor, wanted, from));
  auto team = *actor.team;
  agents::AgentSandboxSpec spec{.id = row.id, .team_id = team.id, .template_id = from.id};
  spec.vcpus = wanted.vcpus.value_or(0);
  spec.memory_mb = wanted.memory_mb.value_or(0);
  spec.disk_mb = wanted.disk_mb.value_or(0);
  spec.timeout_sec = wanted.timeout_sec;
  spec.destroy_on_timeout = wanted.on_timeout == OnTimeout::destroy;
  spec.env = std::move(wanted.env);
  spec.access_token = access::guest_access_token(keys, row.id);
  spec.network = {wanted.network.egress == Egress::deny, wanted.network.allow_cidrs,
                  wanted.network.deny_cidrs};
  placement::Request request{team.id,       team.is_byoc, from.id,          row.vcpus,
                             row.memory_mb, row.disk_mb,  wanted.host_tags, wanted.arch};
  return Launch{std::move(actor), std::move(row), std::move(spec), std::move(request)};
}

}  // namespace sandbar::control::sandboxes
