// SPDX-License-Identifier: Apache-2.0
#include "sandbar/proc/pty.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#include <cerrno>

#include "sandbar/base/try.h"

namespace sandbar::proc {

Result<void> resize_pty(int master, TerminalSize size) {
  winsize window{.ws_row = size.rows, .ws_col = size.cols, .ws_xpixel = 0, .ws_ypixel = 0};
  if (ioctl(master, TIOCSWINSZ, &window) != 0) return fail(errno_error("TIOCSWINSZ", errno));
  return {};
}

Result<Pty> open_pty(TerminalSize size) {
  Pty pty;
  pty.master.reset(open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK));
  if (!pty.master) return fail(errno_error("open /dev/ptmx", errno));
  int locked = 0;
  if (ioctl(pty.master.get(), TIOCSPTLCK, &locked) != 0) return fail(errno_error("TIOCSPTLCK", errno));
  pty.slave.reset(ioctl(pty.master.get(), TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!pty.slave) return fail(errno_error("TIOCGPTPEER", errno));
  TRY_VOID(resize_pty(pty.master.get(), size));
  return pty;
}

}  // namespace sandbar::proc
