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
  Task<Result<http::Page<Template>>> list(ListTemplates list);

  // A snapshot's life: begun, then finished or dropped. already_exists if the team has the name already.
  Task<Result<Template>> begin_snapshot(NewSnapshot snapshot);
  // In one transaction with whatever else belongs to it.
  static Task<Result<Template>> finish_snapshot(pg::Transaction& tx, Made made);
  Task<Result<void>> drop_snapshot(TemplateId id);

  // template_in_use while a sandbox needs it. From then on nobody sees it, and its name is free.
  static Task<Result<void>> begin_removal(pg::Transaction& tx, TeamId team, TemplateId id);
  Task<Result<std::vector<Removal>>> list_removals();
  Task<Result<void>> finish_removal(Removal removal);  // that host has removed it
  Task<Result<void>> forget_removed();                 // those that no host holds any more

 private:
  pg::Database& database_;
};

}  // namespace sandbar::control::templates
