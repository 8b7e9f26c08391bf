// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/describe.hpp>
#include <optional>
#include <string>
#include <vector>

#include "sandbar/base/clock.h"
#include "sandbar/base/id.h"

namespace sandbar::control::placement {

// How the host of a new sandbox is chosen among those that can take it. A new one is an enumerator,
// a statement in store.sql and a branch of that file's last one.
enum class Strategy {
  round_robin,   // the one that was chosen longest ago
  least_loaded,  // the one whose scarcest resource has the largest free share
};
BOOST_DESCRIBE_ENUM(Strategy, round_robin, least_loaded)

// The host that was chosen.
struct Candidate {
  HostId id;
  std::string address, cert_fingerprint;
  bool holds_template = false;
};
BOOST_DESCRIBE_STRUCT(Candidate, (), (id, address, cert_fingerprint, holds_template))

struct Request {
  TeamId team_id;
  bool is_byoc = false;  // the team uses its own hosts only
  TemplateId template_id;
  int vcpus = 0, memory_mb = 0, disk_mb = 0;
  std::vector<std::string> tags = {};    // which the host must have, all of them
  std::optional<std::string> arch = {};  // which the host must have
  std::vector<HostId> excluded = {};     // were just found unreachable
  bool operator==(const Request&) const = default;
};

// How much of a host may be promised to its sandboxes, in percent of what it has. Sandboxes of a template
// share its pages and disk blocks, so that is more than there is. Processors are not promised, only weighed.
struct Policy {
  Strategy strategy = Strategy::round_robin;
  int memory_overcommit_percent = 400;
  int disk_overcommit_percent = 400;
  int cpu_overcommit_percent = 400;
};

}  // namespace sandbar::control::placement
