// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/async/task.h"
#include "sandbar/proc/fd.h"

namespace sandbar::proc {

// Returns when the process has ended, which nobody needs to have waited for. Always this instead of waiting
// for a pidfd to become readable: a child between clone and exec shares our open files, so a socket that we
// close then stays in the event loop's set for a moment, and its event may wake whoever has got its place
// there.
Task<void> wait_until_ended(Fd pidfd);

}  // namespace sandbar::proc
