// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/sandboxes/types.h"
#include "sandbar/json/decode.h"

namespace sandbar::control::sandboxes {

struct CreateSandboxRequest {
  json::Defaulted<std::string> template_{"base"};
  std::optional<int> vcpus, memory_mb, disk_mb;
  std::int64_t timeout_sec = 0;  // without activity; 0: never
  OnTimeout on_timeout = OnTimeout::pause;
  std::map<std::string, std::string> env, metadata;
  json::Defaulted<NetworkRules> network;
  std::vector<std::string> host_tags;  // only a host that has all of them
  std::optional<std::string> arch;     // only a host of this kind: amd64, arm64
  json::Defaulted<TrafficRules> traffic;
};
BOOST_DESCRIBE_STRUCT(CreateSandboxRequest, (),
                      (template_, vcpus, memory_mb, disk_mb, timeout_sec, on_timeout, env, metadata, network,
                       host_tags, arch, traffic))

struct SandboxQuery {
  std::vector<SandboxState> status;
  std::vector<std::string> metadata;  // "key=value"; all of them must be there
  std::optional<std::string> template_;
  std::optional<HostId> host;
  std::optional<std::string> q;  // words that are all in the id, the template, the host's id or the metadata
  int limit = 50;
  std::optional<std::string> cursor;
};
BOOST_DESCRIBE_STRUCT(SandboxQuery, (), (status, metadata, template_, host, q, limit, cursor))

struct TimeoutRequest {
  std::optional<std::int64_t> timeout_sec;
};
BOOST_DESCRIBE_STRUCT(TimeoutRequest, (), (timeout_sec))

struct SandboxView {
  SandboxId id;
  SandboxState status = SandboxState::pending;
  std::string status_cause, template_;
  std::optional<TemplateId> template_id;
  std::optional<HostId> host_id;
  int vcpus = 0, memory_mb = 0, disk_mb = 0;
  std::int64_t timeout_sec = 0;
  OnTimeout on_timeout = OnTimeout::pause;
  std::optional<Time> expires_at;
  std::map<std::string, std::string> metadata;
  boost::json::object network, traffic;
  std::string created_by;
  Time created_at{};
  std::optional<Time> started_at, last_active_at, stopped_at;
  Time last_updated{};
};
BOOST_DESCRIBE_STRUCT(SandboxView, (),
                      (id, status, status_cause, template_, template_id, host_id, vcpus, memory_mb, disk_mb,
                       timeout_sec, on_timeout, expires_at, metadata, network, traffic, created_by,
                       created_at, started_at, last_active_at, stopped_at, last_updated))

// Of any team, for platform admins.
struct AdminSandboxQuery {
  std::vector<SandboxState> status;
  std::optional<TeamId> team;
  std::optional<HostId> host;
  std::optional<std::string> q;  // text in the id, the template, or the team's name or slug
  int limit = 50;
  std::optional<std::string> cursor;
};
BOOST_DESCRIBE_STRUCT(AdminSandboxQuery, (), (status, team, host, q, limit, cursor))

struct AdminSandboxView {
  SandboxId id;
  TeamId team_id;
  std::string team_name;
  SandboxState status = SandboxState::pending;
  std::string status_cause, template_;
  std::optional<TemplateId> template_id;
  std::optional<HostId> host_id;
  std::optional<std::string> host_name;
  int vcpus = 0, memory_mb = 0, disk_mb = 0;
  std::int64_t timeout_sec = 0;
  OnTimeout on_timeout = OnTimeout::pause;
  std::optional<Time> expires_at;
  std::map<std::string, std::string> metadata;
  boost::json::object network, traffic;
  std::string created_by;
  Time created_at{};
  std::optional<Time> started_at, last_active_at, stopped_at;
  Time last_updated{};
};
BOOST_DESCRIBE_STRUCT(AdminSandboxView, (),
                      (id, team_id, team_name, status, status_cause, template_, template_id, host_id,
                       host_name, vcpus, memory_mb, disk_mb, timeout_sec, on_timeout, expires_at, metadata,
                       network, traffic, created_by, created_at, started_at, last_active_at, stopped_at,
                       last_updated))

SandboxView view_of(Sandbox sandbox);

}  // namespace sandbar::control::sandboxes
