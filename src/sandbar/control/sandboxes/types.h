// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/describe.hpp>
#include <boost/json/object.hpp>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sandbar/base/clock.h"
#include "sandbar/base/id.h"
#include "sandbar/base/secret.h"
#include "sandbar/control/agents/agent_client.h"
#include "sandbar/model/sandbox_state.h"

namespace sandbar::control::sandboxes {

enum class OnTimeout { pause, destroy };
BOOST_DESCRIBE_ENUM(OnTimeout, pause, destroy)

enum class Egress { allow, deny };
BOOST_DESCRIBE_ENUM(Egress, allow, deny)

// What a sandbox may reach. Lists hold addresses and CIDR ranges; an allowed range wins over a denied one.
struct NetworkRules {
  Egress egress = Egress::allow;
  std::vector<std::string> allow_cidrs, deny_cidrs;
};
BOOST_DESCRIBE_STRUCT(NetworkRules, (), (egress, allow_cidrs, deny_cidrs))

// How the ports of a sandbox are reached from outside.
struct TrafficRules {
  bool public_ = false;                  // every port is open to everybody, unless it is set apart
  bool auto_resume = false;              // traffic wakes the sandbox when it is paused
  std::optional<std::string> mask_host;  // what services see as Host; ${PORT} stands for the port
};
BOOST_DESCRIBE_STRUCT(TrafficRules, (), (public_, auto_resume, mask_host))

// A row, and the way to its host.
struct Sandbox {
  SandboxId id;
  TeamId team_id;
  std::optional<HostId> host_id;
  std::optional<TemplateId> template_id;
  std::string template_;
  SandboxState status = SandboxState::pending;
  std::string status_cause;
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
  std::optional<std::string> host_address, host_fingerprint;  // of a row that was found by its id
};
BOOST_DESCRIBE_STRUCT(Sandbox, (),
                      (id, team_id, host_id, template_id, template_, status, status_cause, vcpus, memory_mb,
                       disk_mb, timeout_sec, on_timeout, expires_at, metadata, network, traffic, created_by,
                       created_at, started_at, last_active_at, stopped_at, last_updated, host_address,
                       host_fingerprint))

// What a team asks for. Resources that are not given are the template's.
struct NewSandbox {
  std::string template_ = "base";
  std::optional<int> vcpus, memory_mb, disk_mb;
  std::int64_t timeout_sec = 0;
  OnTimeout on_timeout = OnTimeout::pause;
  std::map<std::string, std::string> env, metadata;
  NetworkRules network;
  std::vector<std::string> host_tags;
  std::optional<std::string> arch;
  TrafficRules traffic;
};

struct ListSandboxes {
  TeamId team_id;
  std::vector<SandboxState> statuses;  // empty: all but stopped and failed ones
  std::vector<std::string> metadata;   // "key=value" of those that are wanted
  std::optional<std::string> template_;
  std::optional<HostId> host;
  std::optional<std::string>
      text;  // each of its words in the id, the template, the host's id or the metadata
  std::optional<std::string> cursor;
  int limit = 50;
};

// A running sandbox, and the way in: requests for `path_prefix` + path go to its guest, with these headers.
struct GuestAccess {
  SandboxId id;
  agents::AgentClientPtr agent;
  std::string path_prefix;
  Secret access_token;
};

// One that its host has paused because it had lost control.
struct PausedByOutage {
  SandboxId id;
  TeamId team_id;
};
BOOST_DESCRIBE_STRUCT(PausedByOutage, (), (id, team_id))

// What is done with a row that somebody else is about to change.
enum class IfLocked { wait, pass_over };

}  // namespace sandbar::control::sandboxes
