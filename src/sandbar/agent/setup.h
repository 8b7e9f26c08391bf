// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/agent/config.h"
#include "sandbar/agent/templates/catalogue.h"
#include "sandbar/agent/templates/template_builder.h"
#include "sandbar/agent/vm/hypervisor.h"
#include "sandbar/proc/fd.h"

// What the settings decide, before anything runs.

namespace sandbar::agent {

// Two agents on one state directory would destroy each other's sandboxes: conflict while another one holds
// it.
Result<proc::Fd> lock_state(const std::filesystem::path& state);
Task<Result<HypervisorPtr>> make_hypervisor(const Config& config);
// Nothing needs to be built for fake sandboxes, so that tests start at once.
Result<void> provide_fake_base(const TemplateCatalogue& templates);
TemplateBuilderConfig builder_config(const Config& config);

}  // namespace sandbar::agent
