// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/gateway/store.h"

#include "sandbar/control/gateway/store.sql.h"

namespace sandbar::control::gateway {

Task<Result<std::optional<Destination>>> find_destination_any_team(pg::Session& session, SandboxId id,
                                                                   int port) {
  CO_TRY(auto rows, co_await session.query(sql::find_destination_any_team, port, id));
  co_return rows.maybe<Destination>();
}

Task<Result<Destination>> lock_sandbox(pg::Transaction& tx, TeamId team, SandboxId id) {
  CO_TRY(auto rows, co_await tx.query(sql::lock_sandbox, id, team));
  auto found = rows.maybe<Destination>();
  if (!found) co_return fail(not_found("sandbox", id.str()));
  co_return *std::move(found);
}

Task<Result<std::vector<Port>>> list_ports(pg::Session& session, TeamId team, SandboxId id) {
  CO_TRY(auto rows, co_await session.query(sql::list_ports, id, team));
  co_return rows.all<Port>();
}

Task<Result<Port>> put_port(pg::Transaction& tx, SandboxId id, Port port, std::string updated_by,
                            int max_ports) {
  CO_TRY(auto rows, co_await tx.query(sql::put_port, id, port.port, port.is_public, updated_by, max_ports));
  if (rows.empty())
    co_return fail(Error{Errc::quota_exceeded, "too many ports of this sandbox are set apart"});
  co_return rows[0].as<Port>();
}

Task<Result<bool>> delete_port(pg::Transaction& tx, SandboxId id, int port) {
  CO_TRY(auto rows, co_await tx.query(sql::delete_port, id, port));
  co_return rows.affected() > 0;
}

Task<Result<void>> revoke_links(pg::Transaction& tx, TeamId team, SandboxId id) {
  CO_TRY_VOID(co_await tx.query(sql::revoke_links, id, team));
  co_return Result<void>{};
}

}  // namespace sandbar::control::gateway
