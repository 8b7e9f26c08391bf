// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/cli/commands/commands.h"

namespace sandbar::cli {

// The part of `sandbar templates` that builds.
void add_build_commands(CLI::App& group, Chosen& chosen);

}  // namespace sandbar::cli
