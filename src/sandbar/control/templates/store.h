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
Task<Result<Template>> mark_ready_any_team(pg::Session& session, TemplateId id, int vcpus, int memory_mb, int disk_mb,
                                           std::int64_t size_bytes);
Task<Result<void>> delete_unfinished_any_team(pg::Session& session, TemplateId id);

// False if a sandbox still needs it.
Task<Result<bool>> mark_deleting(pg::Session& session, TeamId team, TemplateId id);
Task<Result<std::vector<Holder>>> list_holders_any_team(pg::Session& session, TemplateId id);
Task<Result<void>> request_removal_any_team(pg::Session& session, TemplateId id);
Task<Result<void>> insert_holder_any_team(pg::Session& session, TemplateId id, HostId host, std::int64_t size_bytes);
// Forgets that the host holds it, and the template once nobody does.
Task<Result<void>> forget_holder_any_team(pg::Session& session, TemplateId id, HostId host);
Task<Result<void>> delete_if_unheld_any_team(pg::Session& session, TemplateId id);

}  // namespace sandbar::control::templates
