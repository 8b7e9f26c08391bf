// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "sandbar/async/blocking.h"
#include "sandbar/proc/fd.h"

// Standard input and output for the event loop. They are shared with other programs (a terminal with the
// shell), so they are never made non-blocking: threads of our own wait for them.

namespace sandbar::cli {

class StandardStreams {
 public:
  StandardStreams();
  ~StandardStreams() { stop(); }

  // What there is to read, at most 32 KiB; empty at the end, and after stop().
  Task<Result<std::string>> read();
  // All of `bytes` to descriptor 1 or 2. Errc::canceled when nobody reads them any more.
  Task<Result<void>> write(int fd, std::string bytes);
  // Ends a read() that waits. It returns before anything is lost: what was not read stays for others.
  void stop();

 private:
  proc::Fd stopped_;  // eventfd, readable after stop()
  BlockingPool reader_{1}, writer_{1};
};

}  // namespace sandbar::cli
