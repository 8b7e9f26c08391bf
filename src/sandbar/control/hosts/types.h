// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/describe/class.hpp>
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
  std::string agent_version;
  int running = 0, paused = 0;
  std::optional<Time> registered_at, last_heartbeat_at;
  std::optional<UserId> created_by;
  Time created_at{}, updated_at{};
};
BOOST_DESCRIBE_STRUCT(Host, (),
                      (id, type, team_id, team_name, provider, availability_zone, arch, cpu_cores, memory_mb,
                       disk_gb, address, cert_fingerprint, status, agent_version, running, paused,
                       registered_at, last_heartbeat_at, created_by, created_at, updated_at))

struct NewHost {
  HostType type = HostType::regular;
  std::optional<TeamId> team_id;  // of a byoc host
  std::string provider, availability_zone;
};

// Shown once, never stored; good for one registration within an hour.
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
  std::string agent_version;
  int cpu_cores = 0, memory_mb = 0, disk_gb = 0;
  std::vector<TemplateId> templates;  // whose files are on the host
  int running = 0, paused = 0;
};

struct Refresh {
  std::string refresh_token, next_refresh_token;
  std::optional<std::string> csr;  // for a new certificate, too
};

struct Credentials {
  Host host;
  std::string token, refresh_token;
  std::optional<std::string> certificate_pem;
};

}  // namespace sandbar::control::hosts
