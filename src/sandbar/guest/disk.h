// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/base/result.h"

// A sandbox may have a larger disk than its template: the device has grown, the file system in it has not.

namespace sandbar::guest {

// Lets the root file system fill its device once that has `mib`. The kernel learns of the new size by an
// interrupt, so this waits for it (seconds at most). Blocks; nothing happens if the file system is as large
// already.
Result<void> grow_root(int mib);

}  // namespace sandbar::guest
