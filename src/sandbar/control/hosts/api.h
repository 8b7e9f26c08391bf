// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/hosts/types.h"
#include "sandbar/json/decode.h"

namespace sandbar::control::hosts {

using Text = json::Defaulted<std::string>;

struct CreateHostRequest {
  std::string type;
  std::optional<TeamId> team_id;
  Text provider, availability_zone;
};
BOOST_DESCRIBE_STRUCT(CreateHostRequest, (), (type, team_id, provider, availability_zone))

struct ListHostsQuery {
  std::optional<std::string> cursor;
  int limit = 50;
  std::optional<HostType> type;
  std::optional<TeamId> team_id;
  std::optional<HostState> status;
  std::optional<std::string> tag;
};
BOOST_DESCRIBE_STRUCT(ListHostsQuery, (), (cursor, limit, type, team_id, status, tag))

struct RemoveHostQuery {
  bool force = false;
};
BOOST_DESCRIBE_STRUCT(RemoveHostQuery, (), (force))

struct RenewTokenQuery {
  bool reset = false;
};
BOOST_DESCRIBE_STRUCT(RenewTokenQuery, (), (reset))

// Empty values are left out.
struct HostView {
  HostId id;
  HostType type = HostType::regular;
  std::optional<TeamId> team_id;
  std::optional<std::string> team_name, provider, availability_zone, arch;
  std::optional<int> cpu_cores, memory_mb, disk_gb;
  std::optional<std::string> address;
  HostState status = HostState::pending;
  std::optional<std::string> agent_version, hostname;
  std::optional<int> running, paused;
  std::optional<Time> last_heartbeat_at;
  std::optional<UserId> created_by;
  Time created_at{}, updated_at{};
  std::vector<std::string> tags;
};
BOOST_DESCRIBE_STRUCT(HostView, (),
                      (id, type, team_id, team_name, provider, availability_zone, arch, cpu_cores, memory_mb,
                       disk_gb, address, status, agent_version, hostname, running, paused, last_heartbeat_at,
                       created_by, created_at, updated_at, tags))

struct TagRequest {
  std::string tag;
};
BOOST_DESCRIBE_STRUCT(TagRequest, (), (tag))

struct HostTokenView {
  HostView host;
  std::string registration_token;
};
BOOST_DESCRIBE_STRUCT(HostTokenView, (), (host, registration_token))

struct RemovalPreview {
  HostView host;
  std::vector<SandboxId> sandbox_ids;
};
BOOST_DESCRIBE_STRUCT(RemovalPreview, (), (host, sandbox_ids))

// The refusal to remove a host that holds sandboxes names them.
struct HostInUseError {
  std::string code, message, request_id;
  std::vector<SandboxId> sandbox_ids;
};
BOOST_DESCRIBE_STRUCT(HostInUseError, (), (code, message, request_id, sandbox_ids))

struct HostInUse {
  HostInUseError error;
};
BOOST_DESCRIBE_STRUCT(HostInUse, (), (error))

struct RegisterRequest {
  std::string token, address;
  Text arch;
  int cpu_cores = 0, memory_mb = 0, disk_gb = 0;
  std::string csr;
};
BOOST_DESCRIBE_STRUCT(RegisterRequest, (), (token, address, arch, cpu_cores, memory_mb, disk_gb, csr))

struct HeartbeatRequest {
  Text agent_version, hostname;
  int cpu_cores = 0, memory_mb = 0, disk_gb = 0;
  std::vector<TemplateId> templates;
  int running = 0, paused = 0;
};
BOOST_DESCRIBE_STRUCT(HeartbeatRequest, (),
                      (agent_version, hostname, cpu_cores, memory_mb, disk_gb, templates, running, paused))

struct RefreshRequest {
  std::string refresh_token;
  std::optional<std::string> next_refresh_token, csr;
};
BOOST_DESCRIBE_STRUCT(RefreshRequest, (), (refresh_token, next_refresh_token, csr))

struct CredentialsView {
  HostView host;
  std::string token, refresh_token;
  std::optional<std::string> certificate_pem, ca_pem;
};
BOOST_DESCRIBE_STRUCT(CredentialsView, (), (host, token, refresh_token, certificate_pem, ca_pem))

}  // namespace sandbar::control::hosts
