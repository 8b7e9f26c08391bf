// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "sandbar/control/templates/types.h"
#include "sandbar/http/page.h"
#include "sandbar/pg/database.h"

// What sandboxes start from, as teams see it: their own templates and the platform's.

namespace sandbar::control::templates {

class TemplateService {
 public:
  explicit TemplateService(pg::Database& database) : database_(database) {}

  // By name or wire id. not_found for what the team does not see, invalid_request for what cannot be a name.
  Task<Result<Template>> resolve(TeamId team, std::string reference);
  Task<Result<http::Page<Listed>>> list(ListTemplates list);
  // The same of one template, by name or wire id.
  Task<Result<Listed>> view(TeamId team, std::string reference);

  // A new template's life: begun, then finished or dropped. already_exists if the team has the name already,
  // unless the new one is to replace the old, or if the platform has it. Each in the caller's transaction.
  static Task<Result<Template>> begin(pg::Session& session, NewTemplate wanted);
  // What it replaces is being deleted from then on.
  static Task<Result<Template>> finish(pg::Transaction& tx, Made made);
  // `host` may hold files of it, or be about to make some.
  static Task<Result<void>> drop(pg::Transaction& tx, TemplateId id, std::optional<HostId> host);

  // template_in_use while a sandbox needs it, forbidden for the one that every installation needs. From then
  // on nobody sees it, and its name is free.
  static Task<Result<void>> begin_removal(pg::Transaction& tx, TeamId team, TemplateId id);
  Task<Result<std::vector<Removal>>> list_removals();
  Task<Result<void>> finish_removal(Removal removal);  // that host has removed it
  Task<Result<void>> forget_removed();                 // those that no host holds any more

 private:
  pg::Database& database_;
};

}  // namespace sandbar::control::templates
