// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/builds/types.h"
#include "sandbar/json/decode.h"

namespace sandbar::control::builds {

struct CreateBuildRequest {
  std::string definition;             // text of a template file
  json::Defaulted<std::string> name;  // the definition's unless given
  std::optional<int> vcpus, memory_mb, disk_mb;
  json::Defaulted<std::string> healthcheck;  // a command that must succeed in a sandbox of the new template
  bool overwrite = false;                    // takes the name over from a template that has it
};
BOOST_DESCRIBE_STRUCT(CreateBuildRequest, (),
                      (definition, name, vcpus, memory_mb, disk_mb, healthcheck, overwrite))

struct BuildQuery {
  int limit = 50;
  std::optional<std::string> cursor;
};
BOOST_DESCRIBE_STRUCT(BuildQuery, (), (limit, cursor))

struct LogQuery {
  std::int64_t from = 0;  // characters that are known already
  bool follow = false;    // until the build has ended
};
BOOST_DESCRIBE_STRUCT(LogQuery, (), (from, follow))

struct BuildView {
  BuildId id;
  std::string name;
  BuildState status = BuildState::pending;
  std::optional<TemplateId> template_id;
  std::optional<HostId> host_id;
  bool platform = false;
  int current_step = 0, total_steps = 0;
  std::string error, created_by;
  Time created_at{};
  std::optional<Time> started_at, completed_at;
};
BOOST_DESCRIBE_STRUCT(BuildView, (),
                      (id, name, status, template_id, host_id, platform, current_step, total_steps, error,
                       created_by, created_at, started_at, completed_at))

}  // namespace sandbar::control::builds
