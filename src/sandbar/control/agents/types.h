// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sandbar/base/clock.h"
#include "sandbar/base/id.h"
#include "sandbar/base/secret.h"
#include "sandbar/model/sandbox_state.h"

// What control and an agent tell each other, as values of our own: nothing above this folder sees protobuf.

namespace sandbar::control::agents {

// Where an agent is, and which certificate it must show. A change of any of them makes a new connection.
struct AgentAddress {
  HostId host_id;
  std::string address;  // "10.0.0.7:7443"
  std::string cert_fingerprint;
  auto operator<=>(const AgentAddress&) const = default;
};

// Why a paused sandbox is paused.
enum class PauseCause { unknown, requested, timeout, isolated, shutdown };
BOOST_DESCRIBE_ENUM(PauseCause, unknown, requested, timeout, isolated, shutdown)

struct NetworkPolicy {
  bool deny_egress = false;
  std::vector<std::string> allow_cidrs, deny_cidrs;
};

struct AgentSandboxSpec {
  SandboxId id;
  TeamId team_id;
  TemplateId template_id;
  int vcpus = 0, memory_mb = 0, disk_mb = 0;  // 0 takes the template's
  std::int64_t timeout_sec = 0;               // 0 = never
  bool destroy_on_timeout = false;
  std::map<std::string, std::string> env;
  Secret access_token;  // the guest demands it on every call
  NetworkPolicy network;
};

struct SandboxReport {
  SandboxId id;
  SandboxState state = SandboxState::error;  // starting, running, pausing, paused, resuming, stopping
  TemplateId template_id;
  int vcpus = 0, memory_mb = 0, disk_mb = 0;
  Time created_at{}, last_active_at{};
  std::int64_t timeout_sec = 0;
  std::optional<Time> expires_at;  // when the reaper acts if nothing happens
  PauseCause pause_cause = PauseCause::unknown;
  std::uint64_t epoch = 0;  // grows with each change of state, across restarts of the agent
  std::int64_t disk_bytes = 0, memory_bytes = 0;
  bool destroy_on_timeout = false;
};

struct TemplateReport {
  TemplateId id;
  int vcpus = 0, memory_mb = 0, disk_mb = 0;
  std::int64_t size_bytes = 0;
};

struct TemplateDescription {
  std::string digest;  // of the index of its files
  std::int64_t bytes = 0;
};

// Where a host may get a template from.
struct FetchSource {
  AgentAddress agent;  // an empty address: only through control
  std::string digest, grant;
};
struct FetchOrder {
  TemplateId template_id;
  std::vector<FetchSource> sources;  // tried in turn
};
struct FetchProgress {
  std::optional<HostId> source;
  std::int64_t bytes_done = 0, bytes_total = 0;
};

// Whether a build is to begin, or only to be watched if it is known to the host.
enum class BuildMode { begin, follow };
struct BuildOrder {
  TemplateId template_id;
  std::string definition, name, healthcheck;
  int vcpus = 0, memory_mb = 0, disk_mb = 0;  // 0: as the definition says
  bool confined = true;                       // without the host's network
  BuildMode mode = BuildMode::begin;
  std::int64_t from_line = 0;  // how many log lines are known already
};
// One of: a line of its log, or how far it is.
struct BuildEvent {
  std::optional<std::string> line;
  int step = 0, total_steps = 0;
};

// How a build ended: with a template, or with a reason for whoever wrote its definition.
struct BuildOutcome {
  std::optional<TemplateReport> made;
  std::string failure;
  bool cancelled = false;
};

struct MetricSample {
  Time at{};
  double cpu_percent = 0;  // of one core
  std::int64_t memory_bytes = 0, memory_total_bytes = 0, disk_bytes = 0, disk_total_bytes = 0;
};

}  // namespace sandbar::control::agents
