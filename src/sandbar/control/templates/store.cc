// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/templates/store.h"

#include "sandbar/control/templates/store.sql.h"
#include "sandbar/model/cursor.h"
#include "sandbar/model/host_state.h"
#include "sandbar/model/sandbox_state.h"

namespace sandbar::control::templates {
namespace {

Result<void> done(Result<pg::Rows> rows) {
  if (!rows) return fail(std::move(rows).error());
  return {};
}

}  // namespace

Task<Result<std::optional<Template>>> find_template(pg::Session& session, TeamId team, std::string name) {
  CO_TRY(auto rows,
         co_await session.query(sql::find_by_name, name, team, kPlatformTeam, TemplateState::deleting));
  co_return rows.maybe<Template>();
}

Task<Result<std::optional<Template>>> find_template(pg::Session& session, TeamId team, TemplateId id) {
  CO_TRY(auto rows,
         co_await session.query(sql::find_by_id, id, team, kPlatformTeam, TemplateState::deleting));
  co_return rows.maybe<Template>();
}

Task<Result<std::vector<Template>>> list_templates(pg::Session& session, ListTemplates list) {
  CO_TRY(auto cursor, Cursor::parse_optional(list.cursor));
  std::optional<Time> before;
  std::optional<Uuid> before_id;
  if (cursor) before = cursor->at, before_id = cursor->id;
  std::vector shown{TemplateState::ready, TemplateState::building, TemplateState::failed};
  CO_TRY(auto rows, co_await session.query(sql::list_page, list.team_id, kPlatformTeam, shown, list.type,
                                           before, before_id, list.limit + 1));
  co_return rows.all<Template>();
}

Task<Result<Template>> insert_snapshot(pg::Session& session, NewSnapshot snapshot) {
  auto rows = co_await session.query(sql::insert_snapshot, snapshot.id, snapshot.team_id, snapshot.name,
                                     TemplateType::snapshot, TemplateState::building, snapshot.vcpus,
                                     snapshot.memory_mb, snapshot.disk_mb, snapshot.parent, snapshot.source,
                                     snapshot.created_by);
  if (!rows && pg::violates(rows.error(), "templates_live_name"))
    co_return fail(Error{Errc::already_exists, "there is a template or snapshot with this name"});
  if (!rows) co_return fail(std::move(rows).error());
  co_return rows->one<Template>("template");
}

Task<Result<Template>> mark_ready_any_team(pg::Session& session, TemplateId id, int vcpus, int memory_mb,
                                           int disk_mb, std::int64_t size_bytes) {
  CO_TRY(auto rows, co_await session.query(sql::mark_ready_any_team, TemplateState::ready, size_bytes, vcpus,
                                           memory_mb, disk_mb, id, TemplateState::building));
  co_return rows.one<Template>("template");
}

Task<Result<void>> delete_unfinished_any_team(pg::Session& session, TemplateId id) {
  co_return done(co_await session.query(sql::delete_unfinished_any_team, id, TemplateState::building));
}

Task<Result<bool>> mark_deleting(pg::Session& session, TeamId team, TemplateId id) {
  CO_TRY(auto rows, co_await session.query(sql::mark_deleting, TemplateState::deleting, id, team,
                                           states_where(&holds_resources)));
  co_return rows.affected() > 0;
}

Task<Result<void>> request_removal_any_team(pg::Session& session, TemplateId id) {
  co_return done(co_await session.query(sql::request_removal_any_team, id));
}

Task<Result<void>> insert_holder_any_team(pg::Session& session, TemplateId id, HostId host,
                                          std::int64_t size_bytes) {
  co_return done(co_await session.query(sql::insert_holder_any_team, id, host, size_bytes));
}

Task<Result<void>> forget_holder_any_team(pg::Session& session, TemplateId id, HostId host) {
  co_return done(co_await session.query(sql::forget_holder_any_team, id, host));
}

Task<Result<std::vector<Removal>>> list_removals_any_team(pg::Session& session) {
  CO_TRY(auto rows,
         co_await session.query(sql::list_removals_any_team, TemplateState::deleting, HostState::online));
  co_return rows.all<Removal>();
}

Task<Result<void>> delete_unheld_any_team(pg::Session& session) {
  co_return done(co_await session.query(sql::delete_unheld_any_team, TemplateState::deleting));
}

}  // namespace sandbar::control::templates
