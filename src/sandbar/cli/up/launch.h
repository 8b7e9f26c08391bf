// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/cli/context.h"
#include "sandbar/cli/up/layout.h"

// `up` is two processes: the one that the user waits for, and the supervisor that stays. The first starts the
// second in a session of its own, shows what it reports, and ends when it is ready or has failed.

namespace sandbar::cli {

// Holds the lock of the state folder as long as it lives; conflict when another supervisor has it.
Result<proc::Fd> lock_state(const Layout& layout);
bool is_locked(const Layout& layout);

// Runs the installation until SIGTERM or SIGINT. Progress goes to `report`; `on_ready` is called once.
Task<Result<int>> supervise(Executor executor, Layout layout, UpOptions options, int report,
                            std::function<void()> on_ready);
// The same as the second of the two processes: it reports to the first one.
Task<Result<int>> supervise_launched(Executor executor, Layout layout, UpOptions options);
// Starts a supervisor and waits until it is ready. What went wrong has been shown when it is not.
Task<Result<bool>> launch_supervisor(Executor executor, Layout layout);

}  // namespace sandbar::cli
