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

struct TemplateView {
  TemplateId id;
  std::string name;
  TemplateType type = TemplateType::base;
  TemplateState status = TemplateState::building;
  int vcpus = 0, memory_mb = 0, disk_mb = 0;
  std::int64_t size_bytes = 0;
  TeamId team_id;
  bool platform = false;                         // everybody's
  std::optional<TemplateId> parent_template_id;  // what a snapshot's sandbox had started from
  std::optional<std::string> parent;             // its name
  std::optional<SandboxId> source_sandbox_id;
  std::vector<HostId> hosts, fetching_hosts;  // that hold it, or are getting it from another
  int in_use = 0;                             // sandboxes that need it
  std::string created_by;
  Time created_at{};
};
BOOST_DESCRIBE_STRUCT(TemplateView, (),
                      (id, name, type, status, vcpus, memory_mb, disk_mb, size_bytes, team_id, platform,
                       parent_template_id, parent, source_sandbox_id, hosts, fetching_hosts, in_use,
                       created_by, created_at))

TemplateView view_of(const Listed& row);

}  // namespace sandbar::control::templates
