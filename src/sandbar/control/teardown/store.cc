// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/teardown/store.h"

#include "sandbar/control/teardown/store.sql.h"
#include "sandbar/model/host_state.h"
#include "sandbar/model/sandbox_state.h"
#include "sandbar/model/template_state.h"

namespace sandbar::control::teardown {
namespace {

template <class IdType>
Result<std::vector<IdType>> ids_of(const Result<pg::Rows>& rows) {
  if (!rows) return fail(rows.error());
  std::vector<IdType> ids;
  for (std::size_t i = 0; i < rows->size(); ++i) ids.push_back((*rows)[i].template get<IdType>("id"));
  return ids;
}

Result<void> done(const Result<pg::Rows>& rows) {
  if (!rows) return fail(rows.error());
  return {};
}

std::vector<SandboxState> ended_states() {
  return states_where([](SandboxState state) { return is_terminal(state); });
}

}  // namespace

Task<Result<std::string>> lock_team(pg::Transaction& tx, TeamId team) {
  CO_TRY(auto rows, co_await tx.query(sql::lock_team, team));
  if (rows.empty()) co_return fail(not_found("team", team.str()));
  co_return rows[0].get<std::string>("name");
}

Task<Result<std::optional<access::TeamRole>>> find_role(pg::Session& session, TeamId team, UserId user) {
  CO_TRY(auto rows, co_await session.query(sql::find_role, team, user));
  if (rows.empty()) co_return std::nullopt;
  co_return rows[0].get<access::TeamRole>("role");
}

Task<Result<void>> mark_deleted(pg::Session& session, TeamId team) {
  co_return done(co_await session.query(sql::mark_deleted, team));
}

Task<Result<void>> delete_invitations(pg::Session& session, TeamId team) {
  co_return done(co_await session.query(sql::delete_invitations, team));
}

Task<Result<std::vector<SandboxId>>> mark_sandboxes(pg::Session& session, TeamId team) {
  co_return ids_of<SandboxId>(co_await session.query(sql::mark_sandboxes, SandboxState::stopping, team,
                                                     sources_of(SandboxState::stopping)));
}

Task<Result<std::vector<TeamId>>> list_deleted_teams(pg::Session& session, int limit) {
  co_return ids_of<TeamId>(co_await session.query(sql::list_deleted_teams, limit));
}

Task<Result<std::vector<SandboxRow>>> list_sandboxes(pg::Session& session, TeamId team, int limit) {
  std::vector<HostState> reachable{HostState::online, HostState::draining};
  CO_TRY(auto rows,
         co_await session.query(sql::list_sandboxes, reachable, team, SandboxState::stopping, limit));
  co_return rows.all<SandboxRow>();
}

Task<Result<int>> end_sandboxes(pg::Session& session, TeamId team, std::vector<SandboxId> ids) {
  CO_TRY(auto rows, co_await session.query(sql::end_sandboxes, SandboxState::stopped, team, ids,
                                           SandboxState::stopping));
  co_return static_cast<int>(rows.affected());
}

Task<Result<std::vector<TemplateRow>>> list_templates(pg::Session& session, TeamId team, int limit) {
  CO_TRY(auto rows, co_await session.query(sql::list_templates, team, TemplateState::deleting, limit));
  co_return rows.all<TemplateRow>();
}

Task<Result<std::vector<HostId>>> list_hosts(pg::Session& session, TeamId team, int limit) {
  co_return ids_of<HostId>(co_await session.query(sql::list_hosts, team, limit));
}

Task<Result<bool>> finish(pg::Session& session, TeamId team) {
  CO_TRY(auto rows, co_await session.query(sql::finish, team, ended_states(), TemplateState::deleting));
  co_return rows.affected() == 1;
}

}  // namespace sandbar::control::teardown
