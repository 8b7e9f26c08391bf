// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <map>

#include "sandbar/agent/build_log.h"
#include "sandbar/agent/manager.h"
#include "sandbar/agent/templates/template_builder.h"

// The template builds of this host, one at a time, each in a task of its own. The last ones that ended are
// remembered, so that a control that was away learns how. A build does not survive the agent: what is left of
// it is removed at the next start, and who asks then hears not_found.

namespace sandbar::agent {

using BuildLogPtr = std::shared_ptr<BuildLog>;

class Builds {
 public:
  Builds(World& world, const Manager& manager, TemplateBuilder& builder, std::filesystem::path state);

  // Joins a build of the same template. template_in_use if a sandbox needs the template that it would
  // replace.
  Result<BuildLogPtr> begin(BuildOrder order);
  // One that goes on or has ended since the agent's start; not_found otherwise.
  Result<BuildLogPtr> find(TemplateId id) const;
  // Returns when it has ended.
  Task<void> cancel(TemplateId id);

 private:
  struct Running {
    BuildLogPtr log;
    std::shared_ptr<Event> cancel;
    std::shared_ptr<bool> cancelled;
  };
  Task<void> run(BuildOrder order, Running build);
  TemplateBuilder::Check health_check(std::shared_ptr<bool> cancelled);

  World& world_;
  const Manager& manager_;
  TemplateBuilder& builder_;
  std::filesystem::path work_;
  std::map<TemplateId, Running> running_;
  std::deque<std::pair<TemplateId, BuildLogPtr>> ended_;
};

}  // namespace sandbar::agent
