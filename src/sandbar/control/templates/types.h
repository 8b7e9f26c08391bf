// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/describe.hpp>
#include <optional>
#include <string>
#include <vector>

#include "sandbar/base/clock.h"
#include "sandbar/base/id.h"
#include "sandbar/model/template_state.h"

namespace sandbar::control::templates {

struct Template {
  TemplateId id;
  TeamId team_id;
  std::string name;
  TemplateType type = TemplateType::base;
  TemplateState status = TemplateState::building;
  int vcpus = 0, memory_mb = 0, disk_mb = 0;
  std::int64_t size_bytes = 0;
  std::optional<SandboxId> source_sandbox_id;
  Time created_at{};
};
BOOST_DESCRIBE_STRUCT(Template, (),
                      (id, team_id, name, type, status, vcpus, memory_mb, disk_mb, size_bytes,
                       source_sandbox_id, created_at))

// What lists show: lineage, and where the template is.
struct Listed {
  TemplateId id;
  TeamId team_id;
  std::string name;
  TemplateType type = TemplateType::base;
  TemplateState status = TemplateState::building;
  int vcpus = 0, memory_mb = 0, disk_mb = 0;
  std::int64_t size_bytes = 0;
  std::optional<SandboxId> source_sandbox_id;
  std::string created_by;
  Time created_at{};
  std::optional<TemplateId> parent_template_id;
  std::optional<std::string> parent;               // its name, if the team may know it
  std::vector<std::string> hosts, fetching_hosts;  // UUIDs
  int in_use = 0;                                  // sandboxes that were started from it
};
BOOST_DESCRIBE_STRUCT(Listed, (),
                      (id, team_id, name, type, status, vcpus, memory_mb, disk_mb, size_bytes,
                       source_sandbox_id, created_by, created_at, parent_template_id, parent, hosts,
                       fetching_hosts, in_use))

// Whether a template whose name is taken is refused, or takes the name over once it is ready.
enum class IfTaken { refuse, replace };

struct NewTemplate {
  TemplateId id = TemplateId::random();
  TeamId team_id;
  std::string name;
  TemplateType type = TemplateType::snapshot;
  int vcpus = 1, memory_mb = 512, disk_mb = 4096;
  std::optional<TemplateId> parent;
  std::optional<SandboxId> source;
  std::string definition;
  IfTaken if_taken = IfTaken::refuse;
  std::string created_by;
};

// What a host made for a template that was begun.
struct Made {
  TemplateId id;
  HostId host_id;
  int vcpus = 0, memory_mb = 0, disk_mb = 0;
  std::int64_t size_bytes = 0;
};

// One page of templates, newest first.
struct ListTemplates {
  TeamId team_id;
  std::optional<TemplateType> type;
  std::optional<TemplateId> only = {};
  std::optional<std::string> cursor;
  int limit = 50;
};

// Files of a deleted template on a host that can be asked now.
struct Removal {
  TemplateId template_id;
  HostId host_id;
  std::string address, cert_fingerprint;
};
BOOST_DESCRIBE_STRUCT(Removal, (), (template_id, host_id, address, cert_fingerprint))

}  // namespace sandbar::control::templates
