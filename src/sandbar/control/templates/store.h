// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "sandbar/control/templates/types.h"
#include "sandbar/pg/database.h"

namespace sandbar::control::templates {

Task<Result<std::optional<Template>>> find_template(pg::Session& session, TeamId team, std::string name);
Task<Result<std::optional<Template>>> find_template(pg::Session& session, TeamId team, TemplateId id);
// One more than asked for if there are more.
Task<Result<std::vector<Template>>> list_templates(pg::Session& session, ListTemplates list);

// already_exists if the team has a live template of that name.
Task<Result<Template>> insert_snapshot(pg::Session& session, NewSnapshot snapshot);
Task<Result<Template>> mark_ready_any_team(pg::Session& session, TemplateId id, int vcpus, int memory_mb,
                                           int disk_mb, std::int64_t size_bytes);
Task<Result<void>> delete_unfinished_any_team(pg::Session& session, TemplateId id);

// False if a sandbox still needs it.
Task<Result<bool>> mark_deleting(pg::Session& session, TeamId team, TemplateId id);
Task<Result<void>> request_removal_any_team(pg::Session& session, TemplateId id);
Task<Result<void>> insert_holder_any_team(pg::Session& session, TemplateId id, HostId host,
                                          std::int64_t size_bytes);
Task<Result<void>> forget_holder_any_team(pg::Session& session, TemplateId id, HostId host);
// Files of deleted templates on hosts that can be asked to remove them now.
Task<Result<std::vector<Removal>>> list_removals_any_team(pg::Session& session);
// Deleted templates that no host holds any more.
Task<Result<void>> delete_unheld_any_team(pg::Session& session);

}  // namespace sandbar::control::templates
