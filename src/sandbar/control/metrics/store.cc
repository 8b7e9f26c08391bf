// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/metrics/store.h"

#include "sandbar/control/metrics/store.sql.h"
#include "sandbar/model/host_state.h"
#include "sandbar/model/sandbox_state.h"

namespace sandbar::control::metrics {

Task<Result<std::vector<Point>>> list_points(pg::Session& session, SandboxId id, const Tier& tier) {
  CO_TRY(auto rows, co_await session.query(sql::list_points, id, tier.name));
  co_return rows.all<Point>();
}

Task<Result<void>> put_points(pg::Session& session, SandboxId id, const Tier& tier,
                              std::vector<Point> points) {
  if (points.empty()) co_return Result<void>{};
  std::vector<Time> at;
  std::vector<double> cpu;
  std::vector<std::int64_t> memory, disk;
  for (const auto& point : points) {
    at.push_back(point.at);
    cpu.push_back(point.cpu_pct);
    memory.push_back(point.mem_bytes);
    disk.push_back(point.disk_bytes);
  }
  CO_TRY_VOID(co_await session.query(sql::put_points, id, tier.name, at, cpu, memory, disk));
  CO_TRY_VOID(co_await session.query(sql::delete_points_before, id, tier.name, at.back() - tier.length));
  co_return Result<void>{};
}

Task<Result<void>> mark_stored(pg::Session& session, SandboxId id) {
  CO_TRY_VOID(co_await session.query(sql::mark_stored, id));
  co_return Result<void>{};
}

Task<Result<std::vector<Due>>> claim_due(pg::Session& session, std::chrono::milliseconds period, int limit) {
  CO_TRY(auto rows, co_await session.query(sql::claim_due_any_team, HostState::online, SandboxState::running,
                                           std::int64_t{period.count()}, SandboxState::paused, limit));
  co_return rows.all<Due>();
}

Task<Result<int>> delete_old(pg::Session& session, std::chrono::milliseconds retention) {
  CO_TRY(auto rows, co_await session.query(sql::delete_old_any_team, std::int64_t{retention.count()}));
  co_return static_cast<int>(rows.affected());
}

}  // namespace sandbar::control::metrics
