// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/sandboxes/store.h"

#include "sandbar/base/strings.h"
#include "sandbar/control/sandboxes/store.sql.h"
#include "sandbar/json/encode.h"
#include "sandbar/model/cursor.h"
#include "sandbar/model/host_state.h"

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

std::vector<std::string> words_of(const std::optional<std::string>& text) {
  std::vector<std::string> words;
  for (auto word : split(text.value_or(""), ' '))
    if (!word.empty()) words.emplace_back(word);
  return words;
}

template <class Value>
std::vector<std::string> json_column(const std::vector<Sandbox>& rows, Value Sandbox::* member) {
  std::vector<std::string> texts;
  for (const auto& row : rows) texts.push_back(json::encode(row.*member));
  return texts;
}

Result<void> moved(Result<pg::Rows> rows, SandboxState to) {
  if (!rows) return fail(std::move(rows).error());
  if (rows->affected() == 0) return fail(not_possible_now(to));
  return {};
}

}  // namespace

Error not_possible_now(SandboxState to) {
  return invalid_state(fmt::format("the sandbox cannot become {} now", enum_name(to)));
}

Task<Result<void>> insert_sandboxes_any_team(pg::Session& session, std::vector<Sandbox> rows) {
  using pg::column;
  CO_TRY_VOID(co_await session.query(
      sql::insert_sandboxes_any_team, column(rows, &Sandbox::id), column(rows, &Sandbox::team_id),
      column(rows, &Sandbox::host_id), column(rows, &Sandbox::template_id), column(rows, &Sandbox::template_),
      column(rows, &Sandbox::status), column(rows, &Sandbox::vcpus), column(rows, &Sandbox::memory_mb),
      column(rows, &Sandbox::disk_mb), column(rows, &Sandbox::timeout_sec),
      column(rows, &Sandbox::on_timeout), json_column(rows, &Sandbox::metadata),
      json_column(rows, &Sandbox::network), json_column(rows, &Sandbox::traffic),
      column(rows, &Sandbox::created_by)));
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
  CO_TRY(auto rows,
         co_await session.query(sql::list_page, list.team_id, list.statuses, metadata, list.template_,
                                list.host, words_of(list.text), before, before_id, list.limit + 1));
  co_return rows.all<Sandbox>();
}

Task<Result<std::vector<PausedByOutage>>> list_paused_by_outage_any_team(pg::Session& session,
                                                                         std::chrono::milliseconds within,
                                                                         int limit) {
  std::vector hosts{HostState::online, HostState::draining};
  CO_TRY(auto rows, co_await session.query(sql::list_paused_by_outage_any_team, hosts, SandboxState::paused,
                                           kLostControl, within.count(), limit));
  co_return rows.all<PausedByOutage>();
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

Task<Result<std::vector<Sandbox>>> settle_any_team(pg::Session& session,
                                                   std::vector<agents::SandboxReport> reports,
                                                   std::vector<SandboxState> from, SandboxState to,
                                                   std::string cause, IfLocked if_locked) {
  using agents::SandboxReport, pg::column;
  std::vector<std::int64_t> epochs;
  for (const auto& report : reports) epochs.push_back(static_cast<std::int64_t>(report.epoch));
  auto apply = [&](const auto& statement) {
    return session.query(
        statement, to, cause, SandboxState::running, column(reports, &SandboxReport::id), epochs,
        column(reports, &SandboxReport::timeout_sec), column(reports, &SandboxReport::expires_at),
        column(reports, &SandboxReport::last_active_at), column(reports, &SandboxReport::vcpus),
        column(reports, &SandboxReport::memory_mb), column(reports, &SandboxReport::disk_mb), from);
  };
  CO_TRY(auto rows, if_locked == IfLocked::wait ? co_await apply(sql::settle_any_team)
                                                : co_await apply(sql::settle_unlocked_any_team));
  co_return rows.all<Sandbox>();
}

Task<Result<Sandbox>> settle_any_team(pg::Session& session, agents::SandboxReport report,
                                      std::vector<SandboxState> from, SandboxState to, std::string cause) {
  CO_TRY(auto moved, co_await settle_any_team(session, std::vector{std::move(report)}, std::move(from), to,
                                              std::move(cause), IfLocked::wait));
  if (moved.empty()) co_return fail(not_possible_now(to));
  co_return std::move(moved.front());
}

}  // namespace sandbar::control::sandboxes
