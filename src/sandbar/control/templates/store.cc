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

Task<Result<std::vector<Listed>>> list_templates(pg::Session& session, ListTemplates list) {
  CO_TRY(auto cursor, Cursor::parse_optional(list.cursor));
  std::optional<Time> before;
  std::optional<Uuid> before_id;
  if (cursor) before = cursor->at, before_id = cursor->id;
  std::vector shown{TemplateState::ready, TemplateState::building, TemplateState::failed};
  CO_TRY(auto rows,
         co_await session.query(sql::list_page, list.team_id, kPlatformTeam, shown, list.only, list.type,
                                before, before_id, list.limit + 1, states_where(&holds_resources)));
  co_return rows.all<Listed>();
}

Task<Result<Template>> insert_template(pg::Session& session, NewTemplate wanted) {
  bool replaces = wanted.if_taken == IfTaken::replace;
  auto rows = co_await session.query(sql::insert_template, wanted.id, wanted.team_id, wanted.name,
                                     wanted.type, TemplateState::building, wanted.vcpus, wanted.memory_mb,
                                     wanted.disk_mb, wanted.parent, wanted.source, wanted.definition,
                                     replaces, wanted.created_by, kPlatformTeam, TemplateState::deleting);
  if (!rows && pg::violates(rows.error(), "templates_live_name"))
    co_return fail(Error{Errc::already_exists, "there is a template or snapshot with this name"});
  if (!rows) co_return fail(std::move(rows).error());
  if (rows->empty())
    co_return fail(Error{Errc::name_reserved, "the name is reserved: the platform has such a template"});
  co_return rows->one<Template>("template");
}

Task<Result<void>> lock_name_any_team(pg::Session& session, TemplateId id) {
  co_return done(co_await session.query(sql::lock_name_any_team, id));
}

Task<Result<std::vector<TemplateId>>> retire_replaced_any_team(pg::Session& session, TemplateId by) {
  CO_TRY(auto rows, co_await session.query(sql::retire_replaced_any_team, TemplateState::deleting, by));
  std::vector<TemplateId> ids;
  for (std::size_t i = 0; i < rows.size(); ++i) ids.push_back(rows[i].get<TemplateId>("id"));
  co_return ids;
}

Task<Result<Template>> mark_ready_any_team(pg::Session& session, Made made) {
  CO_TRY(auto rows,
         co_await session.query(sql::mark_ready_any_team, TemplateState::ready, made.size_bytes, made.vcpus,
                                made.memory_mb, made.disk_mb, made.id, TemplateState::building));
  co_return rows.one<Template>("template");
}

Task<Result<void>> drop_unfinished_any_team(pg::Session& session, TemplateId id) {
  co_return done(co_await session.query(sql::drop_unfinished_any_team, TemplateState::deleting, id,
                                        TemplateState::building));
}

Task<Result<bool>> mark_deleting(pg::Session& session, TeamId team, TemplateId id) {
  CO_TRY(auto rows, co_await session.query(sql::mark_deleting, TemplateState::deleting, id, team,
                                           states_where(&holds_resources)));
  co_return rows.affected() > 0;
}

Task<Result<void>> request_removal_any_team(pg::Session& session, TemplateId id) {
  CO_TRY_VOID(co_await session.query(sql::expect_removal_of_fetched_any_team, id));
  co_return done(co_await session.query(sql::request_removal_any_team, id));
}

Task<Result<void>> expect_removal_any_team(pg::Session& session, TemplateId id, HostId host) {
  co_return done(co_await session.query(sql::expect_removal_any_team, id, host));
}

Task<Result<void>> insert_holder_any_team(pg::Session& session, TemplateId id, HostId host,
                                          std::int64_t size_bytes) {
  co_return done(co_await session.query(sql::insert_holder_any_team, id, host, size_bytes));
}

Task<Result<void>> forget_holder_any_team(pg::Session& session, TemplateId id, HostId host) {
  co_return done(co_await session.query(sql::forget_holder_any_team, id, host));
}

Task<Result<std::vector<Removal>>> list_removals_any_team(pg::Session& session) {
  std::vector reachable{HostState::online, HostState::draining};
  CO_TRY(auto rows, co_await session.query(sql::list_removals_any_team, TemplateState::deleting, reachable,
                                           states_where(&holds_resources)));
  co_return rows.all<Removal>();
}

Task<Result<void>> delete_unheld_any_team(pg::Session& session) {
  co_return done(co_await session.query(sql::delete_unheld_any_team, TemplateState::deleting));
}

}  // namespace sandbar::control::templates
