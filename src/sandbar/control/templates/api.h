// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/templates/types.h"

namespace sandbar::control::templates {

struct TemplateQuery {
  std::optional<TemplateType> type;
  int limit = 50;
  std::optional<std::string> cursor;
};
BOOST_DESCRIBE_STRUCT(TemplateQuery, (), (type, limit, cursor))

// Also what the snapshot routes answer with.
struct TemplateView {
  TemplateId id;
  std::string name;
  TemplateType type = TemplateType::base;
  TemplateState status = TemplateState::building;
  int vcpus = 0, memory_mb = 0, disk_mb = 0;
  std::int64_t size_bytes = 0;
  bool platform = false;  // everybody's
  std::optional<SandboxId> source_sandbox_id;
  Time created_at{};
};
BOOST_DESCRIBE_STRUCT(TemplateView, (),
                      (id, name, type, status, vcpus, memory_mb, disk_mb, size_bytes, platform,
                       source_sandbox_id, created_at))

inline TemplateView view_of(const Template& row) {
  return {row.id,
          row.name,
          row.type,
          row.status,
          row.vcpus,
          row.memory_mb,
          row.disk_mb,
          row.size_bytes,
          row.team_id == kPlatformTeam,
          row.source_sandbox_id,
          row.created_at};
}

}  // namespace sandbar::control::templates
