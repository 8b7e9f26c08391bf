// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/describe.hpp>
#include <chrono>
#include <optional>
#include <string>

#include "sandbar/base/clock.h"
#include "sandbar/base/id.h"
#include "sandbar/control/templates/types.h"
#include "sandbar/model/template_state.h"

namespace sandbar::control::builds {

// Whose definitions run on which hosts. The commands of a build run on the host itself, confined, but not in
// a virtual machine.
enum class TeamBuilds {
  refused,    // only the platform's admins build
  own_hosts,  // teams build on hosts of their own
  allowed,    // and on the platform's
};
BOOST_DESCRIBE_ENUM(TeamBuilds, refused, own_hosts, allowed)

struct Policy {
  TeamBuilds team_builds = TeamBuilds::own_hosts;
  int per_host = 1;                                    // that run at the same time
  std::chrono::milliseconds takeover{15'000};          // whoever followed a build has died after this silence
  std::chrono::milliseconds lost_after{300'000};       // a host that is away for longer has lost its builds
  std::chrono::milliseconds pending_limit{1'800'000};  // that a build waits for a host
};

struct Build {
  BuildId id;
  TeamId team_id;
  std::string name;
  std::optional<TemplateId> template_id;
  std::optional<HostId> host_id;
  std::string definition, healthcheck;
  int vcpus = 0, memory_mb = 0, disk_mb = 0;  // 0: as the definition says
  BuildState status = BuildState::pending;
  int current_step = 0, total_steps = 0, log_lines = 0;
  std::string error, created_by;
  Time created_at{};
  std::optional<Time> started_at, completed_at;
};
BOOST_DESCRIBE_STRUCT(Build, (),
                      (id, team_id, name, template_id, host_id, definition, healthcheck, vcpus, memory_mb,
                       disk_mb, status, current_step, total_steps, log_lines, error, created_by, created_at,
                       started_at, completed_at))

struct NewBuild {
  std::string name, definition, healthcheck;
  std::optional<int> vcpus, memory_mb, disk_mb;
  templates::IfTaken if_taken = templates::IfTaken::refuse;
};

// One page, newest first.
struct ListBuilds {
  TeamId team_id;
  std::optional<std::string> cursor;
  int limit = 50;
};

// The log from a place on: a count of characters.
struct LogPart {
  BuildState status = BuildState::pending;
  std::string text;
  std::int64_t end = 0;  // where the next part begins
};
BOOST_DESCRIBE_STRUCT(LogPart, (), (status, text, end))

// A host that a build runs on.
struct BuildHost {
  HostId id;
  std::string address, cert_fingerprint;
};
BOOST_DESCRIBE_STRUCT(BuildHost, (), (id, address, cert_fingerprint))

inline bool is_final(BuildState state) {
  return state != BuildState::pending && state != BuildState::running;
}

}  // namespace sandbar::control::builds
