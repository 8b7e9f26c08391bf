// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/templates/types.h"

namespace sandbar::control::snapshots {

struct CreateSnapshotRequest {
  SandboxId sandbox_id;
  std::optional<std::string> name;
};
BOOST_DESCRIBE_STRUCT(CreateSnapshotRequest, (), (sandbox_id, name))

struct OverwriteQuery {
  bool overwrite = false;
};
BOOST_DESCRIBE_STRUCT(OverwriteQuery, (), (overwrite))

struct SnapshotQuery {
  std::optional<TemplateType> type;
  int limit = 50;
  std::optional<std::string> cursor;
};
BOOST_DESCRIBE_STRUCT(SnapshotQuery, (), (type, limit, cursor))

struct SnapshotView {
  TemplateId id;
  std::string name;
  TemplateType type = TemplateType::snapshot;
  TemplateState status = TemplateState::ready;
  int vcpus = 0, memory_mb = 0, disk_mb = 0;
  std::int64_t size_bytes = 0;
  bool platform = false;  // everybody's
  std::optional<SandboxId> source_sandbox_id;
  Time created_at{};
};
BOOST_DESCRIBE_STRUCT(SnapshotView, (),
                      (id, name, type, status, vcpus, memory_mb, disk_mb, size_bytes, platform,
                       source_sandbox_id, created_at))

}  // namespace sandbar::control::snapshots
