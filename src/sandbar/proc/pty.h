// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "sandbar/base/result.h"
#include "sandbar/proc/fd.h"

// A pseudo-terminal pair. Give `slave` to a child as 0, 1 and 2 with ChildOptions::controlling_terminal, then
// close it; `master` is non-blocking, and reading it fails with EIO once no process has the slave open.

namespace sandbar::proc {

struct TerminalSize {
  std::uint16_t cols = 80, rows = 24;
};

struct Pty {
  Fd master, slave;
};

Result<Pty> open_pty(TerminalSize size);
// The foreground process group gets SIGWINCH.
Result<void> resize_pty(int master, TerminalSize size);

}  // namespace sandbar::proc
