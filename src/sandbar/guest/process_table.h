// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <vector>

#include "sandbar/guest/lazy_pool.h"
#include "sandbar/guest/process.h"

namespace sandbar::guest {

// All processes that clients started. One that has ended stays findable for kRetention, so that a client
// which reconnects late still learns its exit code; nothing wakes up to forget it, the next use of the table
// does.
class ProcessTable {
 public:
  static constexpr std::size_t kMaxLive = 1024, kMaxEnded = 256;
  static constexpr std::chrono::seconds kRetention{30};

  ProcessTable(Executor executor, proc::Reaper& reaper) : executor_(executor), reaper_(reaper) {}

  Task<Result<Process::Ptr>> start(Process::Options options);
  // By pid or tag, ended ones included; not_found.
  Result<Process::Ptr> find(const process::ProcessSelector& selector);
  // Only one that still runs.
  Result<Process::Ptr> find_live(const process::ProcessSelector& selector);
  std::vector<Process::Ptr> live() const;

 private:
  void retire(Process& process);
  void forget_old();

  Executor executor_;
  proc::Reaper& reaper_;
  LazyPool starters_;  // its own, so that starts which hang do not hold up work on files
  std::size_t starting_ = 0;
  std::map<pid_t, Process::Ptr> live_;
  std::vector<Process::Ptr> ended_;  // oldest first
};

}  // namespace sandbar::guest
