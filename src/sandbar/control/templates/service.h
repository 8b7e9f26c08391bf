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

 private:
  pg::Database& database_;
};

}  // namespace sandbar::control::templates
