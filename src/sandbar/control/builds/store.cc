// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/builds/store.h"

#include "sandbar/control/builds/store.sql.h"
#include "sandbar/model/cursor.h"
#include "sandbar/model/host_state.h"

namespace sandbar::control::builds {
namespace {

using enum BuildState;

constexpr int kMostUnderWay = 20, kPendingAtOnce = 50;
constexpr int kMostLogBytes = 1 << 20;
const std::vector kLive{pending, running};

}  // namespace

Task<Result<Build>> insert_build(pg::Session& session, Build build) {
  CO_TRY(auto rows,
         co_await session.query(sql::insert_build, build.id, build.team_id, build.name, build.template_id,
                                build.definition, build.healthcheck, build.vcpus, build.memory_mb,
                                build.disk_mb, pending, build.created_by, kLive, kMostUnderWay));
  if (rows.empty())
    co_return fail(Error{Errc::rate_limited, "the team has too many builds under way: wait for one to end"});
  co_return rows.one<Build>("build");
}

Task<Result<Build>> get_build(pg::Session& session, TeamId team, BuildId id) {
  CO_TRY(auto rows, co_await session.query(sql::find_build, id, team));
  co_return rows.one<Build>("build");
}

Task<Result<std::vector<Build>>> list_builds(pg::Session& session, ListBuilds list) {
  CO_TRY(auto cursor, Cursor::parse_optional(list.cursor));
  std::optional<Time> before;
  std::optional<Uuid> before_id;
  if (cursor) before = cursor->at, before_id = cursor->id;
  CO_TRY(auto rows, co_await session.query(sql::list_page, list.team_id, before, before_id, list.limit + 1));
  co_return rows.all<Build>();
}

Task<Result<LogPart>> read_log(pg::Session& session, TeamId team, BuildId id, std::int64_t from) {
  CO_TRY(auto rows, co_await session.query(sql::read_log, from, id, team));
  co_return rows.one<LogPart>("build");
}

Task<Result<std::vector<Build>>> list_pending_any_team(pg::Session& session) {
  CO_TRY(auto rows, co_await session.query(sql::list_pending_any_team, pending, kPendingAtOnce));
  co_return rows.all<Build>();
}

Task<Result<std::vector<Build>>> list_overdue_any_team(pg::Session& session,
                                                       std::chrono::milliseconds limit) {
  CO_TRY(auto rows, co_await session.query(sql::list_overdue_any_team, pending, limit.count(), kLive));
  co_return rows.all<Build>();
}

Task<Result<void>> lock_placement(pg::Session& session) {
  CO_TRY_VOID(co_await session.query(sql::lock_placement));
  co_return Result<void>{};
}

Task<Result<std::optional<BuildHost>>> choose_host_any_team(pg::Session& session, TeamId team, int per_host,
                                                            bool on_platform) {
  CO_TRY(auto rows, co_await session.query(sql::choose_host_any_team, team, running, HostState::online,
                                           per_host, on_platform));
  co_return rows.maybe<BuildHost>();
}

Task<Result<std::optional<Build>>> claim_build_any_team(pg::Session& session, BuildId id, HostId host) {
  CO_TRY(auto rows, co_await session.query(sql::claim_build_any_team, running, host, id, pending));
  co_return rows.maybe<Build>();
}

Task<Result<std::vector<Build>>> take_over_any_team(pg::Session& session, std::chrono::milliseconds silence) {
  CO_TRY(auto rows, co_await session.query(sql::take_over_any_team, running, silence.count()));
  co_return rows.all<Build>();
}

Task<Result<BuildHost>> get_host_any_team(pg::Session& session, HostId host) {
  CO_TRY(auto rows, co_await session.query(sql::find_host_any_team, host));
  co_return rows.one<BuildHost>("host");
}

Task<Result<bool>> append_log_any_team(pg::Session& session, BuildId id, int known_lines, int lines,
                                       std::string text) {
  CO_TRY(auto rows, co_await session.query(sql::append_log_any_team, kMostLogBytes, text, lines, id, running,
                                           known_lines));
  co_return rows.affected() == 1;
}

Task<Result<bool>> note_progress_any_team(pg::Session& session, BuildId id, int known_lines, int step,
                                          int total_steps) {
  CO_TRY(auto rows,
         co_await session.query(sql::note_progress_any_team, step, total_steps, id, running, known_lines));
  co_return rows.affected() == 1;
}

Task<Result<std::optional<Build>>> end_build_any_team(pg::Session& session, BuildId id,
                                                      std::vector<BuildState> from, BuildState to,
                                                      std::string error) {
  CO_TRY(auto rows, co_await session.query(sql::end_build_any_team, to, error, success, id, from));
  co_return rows.maybe<Build>();
}

}  // namespace sandbar::control::builds
