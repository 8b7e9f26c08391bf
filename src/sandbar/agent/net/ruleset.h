// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "sandbar/agent/net/cidr.h"
#include "sandbar/agent/net/instance.h"
#include "sandbar/base/result.h"

// What packets of a sandbox may pass, as nft text. The same ranges are barred twice, in the sandbox's own
// namespace and on the host, so that one mistake opens nothing.

namespace sandbar::agent {

struct EgressRules {
  bool deny_all = false;
  // Stronger first: the platform's `never` list, then allow, then deny.
  std::vector<Cidr> allow, deny;
  bool operator==(const EgressRules&) const = default;
};

struct NetConfig {
  // Ranges that the platform opens although they are private (a resolver, a package mirror).
  std::vector<Cidr> opened;
  // Slots made ahead of need.
  std::size_t ready_slots = 8;
};

// Private, link-local, shared, multicast, reserved and cloud metadata ranges.
const std::vector<Cidr>& private_ranges();

// For inside a slot's namespace: "tap0" towards the guest, "out" towards the host.
std::string slot_ruleset(const EgressRules& rules, const NetConfig& config);
// For the host: the table of this instance, replaced as a whole.
std::string host_ruleset(const Instance& instance, const NetConfig& config);
// Takes the host's table away again, if it is there.
std::string host_ruleset_removal(const Instance& instance);
// Loads it into the namespace of the calling thread, atomically.
Result<void> load_ruleset(const std::string& text);

}  // namespace sandbar::agent
