// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/base/error.h"
#include "sandbar/cli/context.h"

namespace sandbar::cli {

// Says on standard error what went wrong and what to do about it; the exit code that goes with it.
int report_failure(Context& context, const Error& error);

}  // namespace sandbar::cli
