// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/audit/chain_store.h"

#include "sandbar/control/audit/store.sql.h"

namespace sandbar::control::audit {
namespace {

Result<void> done(const Result<pg::Rows>& rows) {
  if (!rows) return fail(rows.error());
  return {};
}

Result<std::optional<AuditLogId>> id_in(const Result<pg::Rows>& rows) {
  if (!rows) return fail(rows.error());
  if (rows->empty()) return std::nullopt;
  return (*rows)[0].get<AuditLogId>("id");
}

}  // namespace

boost::json::object sealed_form(const Entry& entry) {
  boost::json::object form{{"id", entry.id.str()},
                           {"team_id", entry.team_id.str()},
                           {"actor_type", enum_name(entry.actor_type)},
                           {"actor_name", entry.actor_name},
                           {"resource_type", entry.resource_type},
                           {"action", entry.action},
                           {"scope", enum_name(entry.scope)},
                           {"status", enum_name(entry.status)},
                           {"metadata", entry.metadata},
                           {"source_ip", entry.source_ip},
                           {"user_agent", entry.user_agent},
                           {"created_at", to_rfc3339(entry.created_at)}};
  if (entry.actor_id) form["actor_id"] = *entry.actor_id;
  if (entry.resource_id) form["resource_id"] = *entry.resource_id;
  return form;
}

Task<Result<Waiting>> find_waiting(pg::Session& session) {
  CO_TRY(auto rows, co_await session.query(sql::find_waiting_any_team));
  co_return rows[0].as<Waiting>();
}

Task<Result<int>> drain_spill(pg::Session& session, int most) {
  CO_TRY(auto rows, co_await session.query(sql::drain_spill, most));
  co_return rows[0].get<int>("value");
}

Task<Result<bool>> try_lock_chains(pg::Transaction& tx) {
  CO_TRY(auto rows, co_await tx.query(sql::try_lock_chains));
  co_return rows[0].get<bool>("value");
}

Task<Result<std::vector<Entry>>> list_unsealed_any_team(pg::Session& session, int limit) {
  CO_TRY(auto rows, co_await session.query(sql::list_unsealed_any_team, limit));
  co_return rows.all<Entry>();
}

Task<Result<std::vector<Head>>> list_heads(pg::Session& session, std::vector<TeamId> teams) {
  CO_TRY(auto rows, co_await session.query(sql::list_heads_any_team, teams));
  co_return rows.all<Head>();
}

Task<Result<void>> insert_links(pg::Transaction& tx, std::vector<Link> links) {
  auto ids = pg::column(links, &Link::log_id);
  CO_TRY_VOID(co_await tx.query(sql::insert_links_any_team, pg::column(links, &Link::team_id),
                                pg::column(links, &Link::seq), ids, pg::column(links, &Link::hash)));
  co_return done(co_await tx.query(sql::delete_unsealed_any_team, ids));
}

Task<Result<void>> update_heads(pg::Transaction& tx, std::vector<Head> heads) {
  co_return done(co_await tx.query(sql::update_heads_any_team, pg::column(heads, &Head::team_id),
                                   pg::column(heads, &Head::seq), pg::column(heads, &Head::hash)));
}

Task<Result<std::vector<Link>>> list_links(pg::Session& session, TeamId team, std::int64_t after, int limit) {
  CO_TRY(auto rows, co_await session.query(sql::list_links, team, after, limit));
  co_return rows.all<Link>();
}

Task<Result<std::vector<Entry>>> list_entries_by_id(pg::Session& session, TeamId team,
                                                    std::vector<AuditLogId> ids) {
  CO_TRY(auto rows, co_await session.query(sql::list_entries_by_id, ids, team));
  co_return rows.all<Entry>();
}

Task<Result<std::optional<Head>>> find_head(pg::Session& session, TeamId team) {
  CO_TRY(auto rows, co_await session.query(sql::find_head, team));
  co_return rows.maybe<Head>();
}

Task<Result<std::optional<AuditLogId>>> find_unchained(pg::Session& session, TeamId team) {
  co_return id_in(co_await session.query(sql::find_unchained, team));
}

Task<Result<std::optional<AuditLogId>>> find_vanished(pg::Session& session, TeamId team) {
  co_return id_in(co_await session.query(sql::find_vanished, team));
}

Task<Result<std::int64_t>> count_unsealed(pg::Session& session, TeamId team) {
  CO_TRY(auto rows, co_await session.query(sql::count_unsealed, team));
  co_return rows[0].get<std::int64_t>("value");
}

Task<Result<std::vector<TeamId>>> list_teams_from(pg::Session& session, TeamId first, int limit) {
  CO_TRY(auto rows, co_await session.query(sql::list_teams_from, first, limit));
  std::vector<TeamId> teams;
  for (std::size_t i = 0; i < rows.size(); ++i) teams.push_back(rows[i].get<TeamId>("id"));
  co_return teams;
}

}  // namespace sandbar::control::audit
