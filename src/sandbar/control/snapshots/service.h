// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/sandboxes/service.h"
#include "sandbar/control/templates/service.h"

// Snapshots are templates that were made from a sandbox, which goes on as it was. Deleting one reaches every
// host that holds its files; hosts that are away are asked once they are back, and until then the row stays,
// out of sight.

namespace sandbar::control::snapshots {

struct NewSnapshot {
  SandboxId sandbox_id;
  std::optional<std::string> name;
  templates::IfTaken if_taken = templates::IfTaken::refuse;
};

class SnapshotService {
 public:
  struct Parts {
    pg::Database& database;
    sandboxes::SandboxService& sandboxes;
    templates::TemplateService& templates;
    agents::AgentPool& agents;
    Supervisor& tasks;
    quotas::QuotaService& quotas;
  };
  explicit SnapshotService(Parts parts) : parts_(parts) {}

  // Of a running or paused sandbox. already_exists if the team has the name already, unless the new one is to
  // replace the old: that stays until the new one is ready, and its files until no sandbox needs them.
  Task<Result<templates::Template>> create(access::Actor actor, NewSnapshot wanted);
  Task<Result<http::Page<templates::Listed>>> list(templates::ListTemplates list);
  // Any template, by name or id. forbidden for the platform's unless a platform admin asks, template_in_use
  // while a sandbox was started from it and still lives.
  Task<Result<void>> remove(access::Actor actor, std::string reference);
  // The platform's, for its admins.
  Task<Result<void>> remove_platform(access::Actor actor, std::string reference);
  // Asks every host that can be reached to remove what has been deleted. A job does the rest later.
  Task<Result<void>> finish_removals();

 private:
  Task<Result<templates::Template>> do_create(access::Actor actor, NewSnapshot wanted);
  Task<Result<void>> remove_found(access::Actor actor, templates::Template found);
  Task<void> try_finish_removals();

  Parts parts_;
};

}  // namespace sandbar::control::snapshots
