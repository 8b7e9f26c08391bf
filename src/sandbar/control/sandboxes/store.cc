// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/sandboxes/store.h"

#include "sandbar/control/sandboxes/store.sql.h"
#include "sandbar/json/encode.h"
#include "sandbar/model/cursor.h"

namespace sandbar::control::sandboxes {
namespace {

bool is_listed(SandboxState state) { return holds_resources(state); }

// {"key":"value"} of what a list is asked for.
Result<std::string> containment(const std::vector<std::string>& wanted) {
  std::map<std::string, std::string> labels;
  for (const auto& label : wanted) {
    auto equals = label.find('=');
    if (equals == label.npos || label.contains('\0'))
      return fail(invalid_request("metadata must be key=value", {{"metadata", "must be key=value"}}));
    labels[label.substr(0, equals)] = label.substr(equals + 1);
  }
  return json::encode(labels);
}

Error not_possible_now(SandboxState to) {
  return invalid_state(fmt::format("the sandbox cannot become {} now", enum_name(to)));
}

Result<void> moved(Result<pg::Rows> rows, SandboxState to) {
  if (!rows) return fail(std::move(rows).error());
  if (rows->affected() == 0) return fail(not_possible_now(to));
  return {};
}

}  // namespace

Task<Result<void>> insert_sandbox(pg::Session& session, Sandbox s) {
  CO_TRY_VOID(co_await session.query(sql::insert_sandbox, s.id, s.team_id, s.host_id, s.template_id,
                                     s.template_, s.status, s.vcpus, s.memory_mb, s.disk_mb, s.timeout_sec,
                                     s.on_timeout, json::encode(s.metadata), json::encode(s.network),
                                     json::encode(s.traffic), s.created_by));
  co_return Result<void>{};
}

Task<Result<Sandbox>> get_sandbox(pg::Session& session, TeamId team, SandboxId id) {
  CO_TRY(auto rows, co_await session.query(sql::find_sandbox, id, team));
  auto sandbox = rows.maybe<Sandbox>();
  if (!sandbox) co_return fail(not_found("sandbox", id.str()));
  co_return *std::move(sandbox);
}

Task<Result<std::vector<NamedSandbox>>> list_sandboxes_any_team(pg::Session& session, ListAnyTeam list) {
  CO_TRY(auto cursor, Cursor::parse_optional(list.cursor));
  std::optional<Time> before;
  std::optional<Uuid> before_id;
  if (cursor) before = cursor->at, before_id = cursor->id;
  if (list.statuses.empty()) list.statuses = states_where(&is_listed);
  CO_TRY(auto rows, co_await session.query(sql::list_page_any_team, list.statuses, list.team, list.host,
                                           before, before_id, list.text, list.limit + 1));
  std::vector<NamedSandbox> out;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    NamedSandbox named{.sandbox = rows[i].as<Sandbox>(), .team_name = rows[i].get<std::string>("team_name")};
    named.host_name = rows[i].get<std::optional<std::string>>("host_name");
    named.id = named.sandbox.id;
    named.created_at = named.sandbox.created_at;
    out.push_back(std::move(named));
  }
  co_return out;
}

Task<Result<std::vector<Sandbox>>> list_sandboxes(pg::Session& session, ListSandboxes list) {
  CO_TRY(auto cursor, Cursor::parse_optional(list.cursor));
  std::optional<Time> before;
  std::optional<Uuid> before_id;
  if (cursor) before = cursor->at, before_id = cursor->id;
  if (list.statuses.empty()) list.statuses = states_where(&is_listed);
  CO_TRY(auto metadata, containment(list.metadata));
  CO_TRY(auto rows, co_await session.query(sql::list_page, list.team_id, list.statuses, metadata, before,
                                           before_id, list.limit + 1));
  co_return rows.all<Sandbox>();
}

Task<Result<void>> move_any_team(pg::Session& session, SandboxId id, SandboxState to, std::string cause) {
  co_return co_await move_any_team(session, id, sources_of(to), to, std::move(cause));
}

Task<Result<void>> move_any_team(pg::Session& session, SandboxId id, std::vector<SandboxState> from,
                                 SandboxState to, std::string cause) {
  co_return moved(co_await session.query(sql::move_any_team, to, cause, SandboxState::stopped, id, from), to);
}

Task<Result<void>> replace_host_any_team(pg::Session& session, SandboxId id, HostId host, std::string cause) {
  static const std::vector from{SandboxState::pending, SandboxState::starting};
  co_return moved(
      co_await session.query(sql::replace_host_any_team, host, SandboxState::starting, cause, id, from),
      SandboxState::starting);
}

Task<Result<Sandbox>> settle_any_team(pg::Session& session, agents::SandboxReport r,
                                      std::vector<SandboxState> from, SandboxState to, std::string cause) {
  CO_TRY(auto rows,
         co_await session.query(sql::settle_any_team, to, cause, static_cast<std::int64_t>(r.epoch),
                                r.timeout_sec, r.expires_at, r.last_active_at, r.vcpus, r.memory_mb,
                                r.disk_mb, SandboxState::running, r.id, from));
  auto sandbox = rows.maybe<Sandbox>();
  if (!sandbox) co_return fail(not_possible_now(to));
  co_return *std::move(sandbox);
}

}  // namespace sandbar::control::sandboxes
