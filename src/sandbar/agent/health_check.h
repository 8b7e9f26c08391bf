// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/agent/sandbox.h"
#include "sandbar/agent/templates/catalogue.h"

namespace sandbar::agent {

struct HealthLimits {
  std::chrono::milliseconds whole{60'000}, pause{1'000};
  std::function<bool()> cancelled = {};  // asked between two runs of the command
};

// Starts a sandbox from an image that is not a template yet, runs `command` in it until it succeeds, and
// removes the sandbox. invalid_request, with what the command said last, if it does not succeed in time.
// `work` is a folder for the sandbox's files.
Task<Result<void>> check_health(World& world, std::filesystem::path work, TemplateImage image,
                                TemplateSettings settings, std::string command, HealthLimits limits = {});

}  // namespace sandbar::agent
