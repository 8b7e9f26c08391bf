// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/describe.hpp>
#include <optional>
#include <string>

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

struct NewSnapshot {
  TemplateId id = TemplateId::random();
  TeamId team_id;
  std::string name;
  int vcpus = 0, memory_mb = 0, disk_mb = 0;
  std::optional<TemplateId> parent;
  SandboxId source;
  std::string created_by;
};

// What a host made for a snapshot that was begun.
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
