// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "sandbar/async/task.h"

namespace sandbar {

// Runs tasks at the same time, on the awaiting task's executor, and waits until all have ended. Cancelling
// the awaiting task cancels them all, and still waits: they may refer to what the awaiting task owns. An
// exception that leaves one is logged and disturbs nobody else.
Task<void> run_together(std::string name, std::vector<Task<void>> tasks);

}  // namespace sandbar
