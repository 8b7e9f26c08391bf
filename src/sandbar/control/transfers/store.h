// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <vector>

#include "sandbar/control/agents/types.h"
#include "sandbar/control/transfers/types.h"
#include "sandbar/pg/database.h"

namespace sandbar::control::transfers {

// Which template goes where.
struct Way {
  TemplateId template_id;
  HostId target;
};

Task<Result<bool>> is_held_any_team(pg::Session& session, Way way);
Task<Result<std::vector<Holder>>> list_holders_any_team(pg::Session& session, Way way, int limit);
// The digest that counts for that host: the given one, if it is the first.
Task<Result<std::string>> note_digest_any_team(pg::Session& session, TemplateId id, HostId host,
                                               std::string digest);
Task<Result<Holder>> get_source_any_team(pg::Session& session, HostId host);
// not_found if the template is not ready, or not there any more.
Task<Result<void>> begin_fetch_any_team(pg::Session& session, Way way);
Task<Result<void>> note_progress_any_team(pg::Session& session, Way way, agents::FetchProgress progress);
Task<Result<void>> fail_fetch_any_team(pg::Session& session, Way way, std::string error);
Task<Result<void>> add_holder_any_team(pg::Session& session, Way way, std::int64_t size_bytes);
Task<Result<void>> end_fetch_any_team(pg::Session& session, Way way);
Task<Result<void>> forget_stale_fetches_any_team(pg::Session& session, std::chrono::milliseconds limit);

}  // namespace sandbar::control::transfers
