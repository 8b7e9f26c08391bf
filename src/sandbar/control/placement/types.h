// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/describe.hpp>
#include <optional>
#include <string>
#include <vector>

#include "sandbar/base/clock.h"
#include "sandbar/base/id.h"

namespace sandbar::control::placement {

// How the host of a new sandbox is chosen among those that can take it.
enum class Strategy {
  round_robin,   // the one that was chosen longest ago
  least_loaded,  // the one with the largest free share of memory
};
BOOST_DESCRIBE_ENUM(Strategy, round_robin, least_loaded)

// An online host that the team may use and that holds the template.
struct Candidate {
  HostId id;
  std::string address, cert_fingerprint;
  int memory_mb = 0;
  std::int64_t reserved_memory_mb = 0;  // of the sandboxes that hold resources there
  std::optional<Time> last_placed_at;
};
BOOST_DESCRIBE_STRUCT(Candidate, (),
                      (id, address, cert_fingerprint, memory_mb, reserved_memory_mb, last_placed_at))

struct Request {
  TeamId team_id;
  bool is_byoc = false;  // the team uses its own hosts only
  TemplateId template_id;
  int memory_mb = 0;
  std::vector<HostId> excluded = {};  // were just found unreachable
};

struct Policy {
  Strategy strategy = Strategy::round_robin;
  // Sandboxes of a template share its pages, so a host takes more memory than it has.
  int memory_overcommit_percent = 400;
};

}  // namespace sandbar::control::placement
