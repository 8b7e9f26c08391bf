// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>

#include "sandbar/agent/net/instance.h"
#include "sandbar/agent/net/netlink.h"
#include "sandbar/agent/net/ruleset.h"
#include "sandbar/proc/fd.h"

// A slot is one sandbox's network, made before it is needed: a namespace with a tap device for QEMU, a link
// to the host, and the rules. Inside all slots look alike (addresses and MACs are part of the memory images),
// so any image fits any slot.

namespace sandbar::agent {

inline constexpr std::uint32_t kGuestAddress = 0xA9FE'0015;    // 169.254.0.21
inline constexpr std::uint32_t kGatewayAddress = 0xA9FE'0016;  // 169.254.0.22
inline constexpr Mac kGuestMac{0x02, 0xfc, 0x00, 0x00, 0x00, 0x15};
inline constexpr Mac kGatewayMac{0x02, 0xfc, 0x00, 0x00, 0x00, 0x16};

struct NetSlot {
  std::uint32_t number = 0;
  proc::Fd ns;
  proc::Fd tap;  // only of a slot that has no QEMU yet
};

// All of these block, for some milliseconds, and change the calling thread's namespace for a moment.
class SlotMaker {
 public:
  // `names`: directory of the namespaces' names.
  SlotMaker(Instance instance, NetConfig config, std::filesystem::path names);

  // Forwarding and the host's rules; repeats without harm.
  Result<void> prepare_host() const;
  Result<NetSlot> make(std::uint32_t number) const;
  // A slot that has a QEMU already: after a restart of this program.
  Result<NetSlot> find(std::uint32_t number) const;
  Result<void> set_rules(const NetSlot& slot, const EgressRules& rules) const;
  // Waits for the kernel to take the devices down: 20 to 50 ms.
  void remove(std::uint32_t number) const;
  // Slots that exist on this machine, in use or not.
  std::vector<std::uint32_t> existing() const;
  bool exists(std::uint32_t number) const;
  const Instance& instance() const { return instance_; }

 private:
  std::filesystem::path name(std::uint32_t number) const;
  Result<void> furnish(std::uint32_t number, int home, proc::Fd& tap) const;

  Instance instance_;
  NetConfig config_;
  std::filesystem::path names_;
};

}  // namespace sandbar::agent
