// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/describe/class.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "sandbar/base/clock.h"
#include "sandbar/base/id.h"
#include "sandbar/base/secret.h"
#include "sandbar/model/host_state.h"

namespace sandbar::control::hosts {

struct Host {
  HostId id;
  HostType type = HostType::regular;
  std::optional<TeamId> team_id;
  std::optional<std::string> team_name;
  std::string provider, availability_zone, arch;
  int cpu_cores = 0, memory_mb = 0, disk_gb = 0;
  std::string address, cert_fingerprint;
  HostState status = HostState::pending;
  std::string agent_version, hostname;
  int running = 0, paused = 0;
  std::optional<Time> registered_at, draining_since, last_heartbeat_at;
  std::optional<UserId> created_by;
  Time created_at{}, updated_at{};
  std::vector<std::string> tags;
};
BOOST_DESCRIBE_STRUCT(Host, (),
                      (id, type, team_id, team_name, provider, availability_zone, arch, cpu_cores, memory_mb,
                       disk_gb, address, cert_fingerprint, status, agent_version, hostname, running, paused,
                       registered_at, draining_since, last_heartbeat_at, created_by, created_at, updated_at,
                       tags))

struct NewHost {
  HostType type = HostType::regular;
  std::optional<TeamId> team_id;  // of a byoc host
  std::string provider, availability_zone;
};

// How long what agents enrol and renew with is good for.
struct Lifetimes {
  std::chrono::milliseconds registration_token = std::chrono::hours(1);
  std::chrono::milliseconds token = std::chrono::hours(7 * 24);
  std::chrono::milliseconds refresh_token = std::chrono::hours(60 * 24);
  std::chrono::milliseconds certificate = std::chrono::hours(30 * 24);
};

// Shown once, never stored; good for one registration.
struct HostWithToken {
  Host host;
  Secret registration_token;
};

// What an agent says of itself.
struct Registration {
  std::string token, address, arch, csr;
  int cpu_cores = 0, memory_mb = 0, disk_gb = 0;
};

struct Heartbeat {
  std::string agent_version, hostname;  // a hostname that is none counts as unknown
  int cpu_cores = 0, memory_mb = 0, disk_gb = 0;
  std::vector<TemplateId> templates;  // whose files are on the host
  int running = 0, paused = 0;
};

// What a heartbeat is answered with.
struct BeatAnswer {
  std::vector<std::string> tunnels;  // where an agent that dials out reaches each process of control
  bool is_reached = true;            // control can call this agent
};

struct Refresh {
  std::string refresh_token;
  std::optional<std::string> next_refresh_token;  // its successor; without, control makes one
  std::optional<std::string> csr;                 // for a new certificate, too
};

struct Credentials {
  Host host;
  std::string token, refresh_token;
  std::optional<std::string> certificate_pem;
};

}  // namespace sandbar::control::hosts
