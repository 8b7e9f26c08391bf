// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/sandboxes/types.h"
#include "sandbar/http/page.h"
#include "sandbar/pg/database.h"

// What platform admins see of the sandboxes of all teams.

namespace sandbar::control::sandboxes {

struct ListAnyTeam {
  std::vector<SandboxState> statuses;  // empty: all but stopped and failed ones
  std::optional<TeamId> team;
  std::optional<HostId> host;
  std::optional<std::string> text;  // in the id, the template, or the team's name or slug
  std::optional<std::string> cursor;
  int limit = 50;
};

// A sandbox and what its ids stand for.
struct NamedSandbox {
  Sandbox sandbox;
  std::string team_name;
  std::optional<std::string> host_name;  // of its machine, or its address
  SandboxId id{};
  Time created_at{};
};

class AdminSandboxesService {
 public:
  explicit AdminSandboxesService(pg::Database& database) : database_(database) {}

  // Newest first. invalid_request for a text that is too long.
  Task<Result<http::Page<NamedSandbox>>> list(ListAnyTeam list);

 private:
  pg::Database& database_;
};

}  // namespace sandbar::control::sandboxes
