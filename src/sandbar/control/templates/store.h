// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "sandbar/control/templates/types.h"
#include "sandbar/pg/database.h"

namespace sandbar::control::templates {

Task<Result<std::optional<Template>>> find_template(pg::Session& session, TeamId team, std::string name);
Task<Result<std::optional<Template>>> find_template(pg::Session& session, TeamId team, TemplateId id);
// One more than asked for if there are more.
Task<Result<std::vector<Listed>>> list_templates(pg::Session& session, ListTemplates list);

// already_exists if the team, or the platform, has a live template of that name.
Task<Result<Template>> insert_template(pg::Session& session, NewTemplate wanted);
// Until the end of the transaction nobody else finishes a template of the same name.
Task<Result<void>> lock_name_any_team(pg::Session& session, TemplateId id);
// What has to make way: it is being deleted from now on.
Task<Result<std::vector<TemplateId>>> retire_replaced_any_team(pg::Session& session, TemplateId by);
Task<Result<Template>> mark_ready_any_team(pg::Session& session, Made made);
Task<Result<void>> drop_unfinished_any_team(pg::Session& session, TemplateId id);

// False if a sandbox still needs it.
Task<Result<bool>> mark_deleting(pg::Session& session, TeamId team, TemplateId id);
// Of every host that holds files of it, or may come to hold some.
Task<Result<void>> request_removal_any_team(pg::Session& session, TemplateId id);
Task<Result<void>> expect_removal_any_team(pg::Session& session, TemplateId id, HostId host);
Task<Result<void>> insert_holder_any_team(pg::Session& session, TemplateId id, HostId host,
                                          std::int64_t size_bytes);
Task<Result<void>> forget_holder_any_team(pg::Session& session, TemplateId id, HostId host);
// Files of deleted templates on hosts that can be asked to remove them now.
Task<Result<std::vector<Removal>>> list_removals_any_team(pg::Session& session);
// Deleted templates that no host holds any more.
Task<Result<void>> delete_unheld_any_team(pg::Session& session);

}  // namespace sandbar::control::templates
