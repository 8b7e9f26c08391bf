// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/quotas/store.h"

#include "sandbar/control/quotas/store.sql.h"
#include "sandbar/model/template_state.h"

namespace sandbar::control::quotas {
namespace {

const std::vector kCounted{TemplateState::building, TemplateState::ready};

}  // namespace

Task<Result<Overrides>> find_overrides(pg::Session& session, TeamId team) {
  CO_TRY(auto rows, co_await session.query(sql::find_overrides, team));
  co_return rows.maybe<Overrides>().value_or(Overrides{});
}

Task<Result<void>> put_overrides(pg::Session& session, TeamId team, Overrides o) {
  CO_TRY_VOID(co_await session.query(sql::put_overrides, team, o.sandboxes, o.vcpus, o.memory_mb, o.disk_mb,
                                     o.templates, o.sandbox_vcpus, o.sandbox_memory_mb, o.sandbox_disk_mb));
  co_return Result<void>{};
}

Task<Result<Use>> lock_totals(pg::Transaction& tx, TeamId team) {
  CO_TRY(auto rows, co_await tx.query(sql::lock_totals, team));
  co_return rows.one<Use>("team");
}

Task<Result<Holdings>> lock_holdings_any_team(pg::Transaction& tx, std::vector<TeamId> teams) {
  CO_TRY(auto rows, co_await tx.query(sql::lock_holdings_any_team, teams));
  Holdings holdings;
  for (std::size_t i = 0; i < rows.size(); ++i)
    holdings[rows[i].get<TeamId>("team_id")] = {{.sandboxes = rows[i].get<std::int64_t>("used_sandboxes"),
                                                 .vcpus = rows[i].get<std::int64_t>("used_vcpus"),
                                                 .memory_mb = rows[i].get<std::int64_t>("used_memory_mb"),
                                                 .disk_mb = rows[i].get<std::int64_t>("used_disk_mb")},
                                                rows[i].as<Overrides>()};
  co_return holdings;
}

Task<Result<std::int64_t>> count_templates(pg::Session& session, TeamId team) {
  CO_TRY(auto rows, co_await session.query(sql::count_templates, team, kCounted));
  co_return rows[0].get<std::int64_t>("value");
}

Task<Result<std::optional<Use>>> find_use(pg::Session& session, TeamId team) {
  CO_TRY(auto rows, co_await session.query(sql::find_use, kCounted, team));
  co_return rows.maybe<Use>();
}

}  // namespace sandbar::control::quotas
