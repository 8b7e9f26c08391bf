// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <set>

#include "sandbar/agent/net/slot.h"
#include "sandbar/async/blocking.h"
#include "sandbar/async/spawn.h"

// Hands out slots made ahead and makes new ones behind the callers' backs. Slots are never used twice: taking
// one down takes the kernel some 50 ms, in the background, and leaves no state of the last sandbox behind.

namespace sandbar::agent {

class SlotPool {
 public:
  SlotPool(Executor executor, SlotMaker maker, std::size_t ready);

  Task<Result<NetSlot>> take();
  // After a restart: the slot of a QEMU that lives on.
  Result<NetSlot> adopt(std::uint32_t number);
  // Its QEMU must be gone.
  void give_back(NetSlot slot);
  Task<Result<void>> set_rules(const NetSlot& slot, EgressRules rules);
  // A connected socket into the sandbox; unavailable if nobody listens.
  Task<Result<proc::Fd>> dial(const NetSlot& slot, std::uint16_t port);
  // Takes down all slots that exist but are neither idle here, nor handed out, nor in `keep`.
  Task<void> remove_strays(std::set<std::uint32_t> keep);
  // Idle, handed out, or on its way up or down.
  bool is_taken(std::uint32_t number) const { return taken_.contains(number); }
  std::size_t in_use() const { return taken_.size(); }
  void refill();
  // Takes the idle slots down and waits for what is under way; those in use stay. Await it before destroying
  // the pool.
  Task<void> shut_down();
  const SlotMaker& maker() const { return maker_; }

 private:
  Task<Result<NetSlot>> make();
  Task<void> fill();
  Task<void> remove(NetSlot slot);
  Result<std::uint32_t> free_number();

  SlotMaker maker_;
  std::size_t ready_;
  std::deque<NetSlot> idle_;
  std::set<std::uint32_t> taken_;  // handed out, idle, being made or being taken down
  std::uint32_t next_ = 0;
  bool filling_ = false;
  BlockingPool makers_{1}, dialers_{1};
  Supervisor tasks_;
};

}  // namespace sandbar::agent
