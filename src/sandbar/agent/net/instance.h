// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "sandbar/agent/net/cidr.h"
#include "sandbar/base/result.h"

// Several agents may run on one machine (a developer's and a test's). Each state directory claims a number,
// and all that is global to the machine derives from it: addresses, interface names, user ids, cgroup, nft
// table. So nobody collides with, or cleans up after, anybody else.

namespace sandbar::agent {

struct Instance {
  static constexpr std::uint32_t kMaxSlots = 2048;  // two addresses each
  static constexpr std::uint32_t kMaxInstances = 32;

  std::uint32_t number = 0;
  std::uint32_t first_uid = 0;  // one per slot

  Cidr subnet() const;
  std::string prefix() const;                       // "sb3-", of interface names
  std::string interface(std::uint32_t slot) const;  // the host's end of a slot's link
  std::uint32_t host_address(std::uint32_t slot) const;
  std::uint32_t slot_address(std::uint32_t slot) const;
  std::uint32_t uid(std::uint32_t slot) const { return first_uid + slot; }
  std::string name() const;  // "sandbar-3"
};

// The range that all instances take their subnets from: set aside by RFC 2544, so neither the internet nor
// (but by mistake) a private network uses it.
inline constexpr Cidr kInstanceRange{0xC612'0000, 15};

// The same number for the same state directory as long as the machine is up. A number whose subnet overlaps a
// route of the host is not taken. Claims are files below `claims` ("/run/sandbar").
Result<Instance> claim_instance(const std::filesystem::path& state, const std::filesystem::path& claims);

// Gives the number back; nothing of the instance may be left on the machine.
void release_instance(const Instance& instance, const std::filesystem::path& claims);

}  // namespace sandbar::agent
