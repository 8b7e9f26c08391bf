// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "sandbar/control/builds/types.h"
#include "sandbar/pg/database.h"

namespace sandbar::control::builds {

// rate_limited while the team has as many under way as it may have.
Task<Result<Build>> insert_build(pg::Session& session, Build build);
Task<Result<Build>> get_build(pg::Session& session, TeamId team, BuildId id);
// One more than asked for if there are more.
Task<Result<std::vector<Build>>> list_builds(pg::Session& session, ListBuilds list);
Task<Result<LogPart>> read_log(pg::Session& session, TeamId team, BuildId id, std::int64_t from);

Task<Result<std::vector<Build>>> list_pending_any_team(pg::Session& session);
Task<Result<std::vector<Build>>> list_overdue_any_team(pg::Session& session, std::chrono::milliseconds limit);
// Until the end of the transaction nobody else chooses a host.
Task<Result<void>> lock_placement(pg::Session& session);
Task<Result<std::optional<BuildHost>>> choose_host_any_team(pg::Session& session, TeamId team, int per_host,
                                                            bool on_platform);
Task<Result<std::optional<Build>>> claim_build_any_team(pg::Session& session, BuildId id, HostId host);
Task<Result<std::vector<Build>>> take_over_any_team(pg::Session& session, std::chrono::milliseconds silence);
Task<Result<BuildHost>> get_host_any_team(pg::Session& session, HostId host);

// False if the build is over, or somebody else follows it: the writer knew other lines than are there.
Task<Result<bool>> append_log_any_team(pg::Session& session, BuildId id, int known_lines, int lines,
                                       std::string text);
Task<Result<bool>> note_progress_any_team(pg::Session& session, BuildId id, int known_lines, int step,
                                          int total_steps);
// The row as it became; nothing if it was in none of these states.
Task<Result<std::optional<Build>>> end_build_any_team(pg::Session& session, BuildId id,
                                                      std::vector<BuildState> from, BuildState to,
                                                      std::string error);

}  // namespace sandbar::control::builds
