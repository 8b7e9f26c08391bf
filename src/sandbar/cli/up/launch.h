// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>

#include "sandbar/cli/context.h"
#include "sandbar/cli/up/layout.h"
#include "sandbar/cli/up/report.h"

// `up` is two processes: the one that the user waits for, and the supervisor that stays. The first starts the
// second in a session of its own, shows what it reports, and ends when it is ready or has failed.

namespace sandbar::cli {

// Holds the lock of the state folder as long as it lives; conflict when another supervisor has it.
Result<proc::Fd> lock_state(const Layout& layout);
bool is_locked(const Layout& layout);

// What a supervisor keeps: everything of one machine, or the agent of a host that has joined another's
// control.
class Supervised {
 public:
  virtual ~Supervised() = default;
  virtual Task<Result<void>> start() = 0;
  virtual Task<void> stop() = 0;
};

struct Supervision {
  Layout layout;
  RunningInfo info;  // for whoever asks what runs
  std::function<std::unique_ptr<Supervised>(Report&)> make;
};

// Runs it until SIGTERM or SIGINT. Progress goes to `report`; `on_ready` is called once.
Task<Result<int>> supervise(Executor executor, Supervision what, int report, std::function<void()> on_ready);
// The same as the second of the two processes: it reports to the first one.
Task<Result<int>> supervise_launched(Executor executor, Supervision what);
// Starts a supervisor, `sandbar ARGUMENTS`, and waits until it is ready. What went wrong has been shown when
// it is not.
Task<Result<bool>> launch_supervisor(Executor executor, Layout layout, std::vector<std::string> arguments);
// Ends the supervisor and what it kept; sandboxes are paused.
Task<Result<int>> bring_down(Layout layout);

}  // namespace sandbar::cli
