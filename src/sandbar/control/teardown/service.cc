// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/teardown/service.h"

#include <map>

#include "sandbar/async/timer.h"
#include "sandbar/async/together.h"
#include "sandbar/control/api_keys/service.h"
#include "sandbar/control/audit/service.h"
#include "sandbar/control/teardown/store.h"
#include "sandbar/control/templates/service.h"
#include "sandbar/log/log.h"

namespace sandbar::control::teardown {
namespace {

using audit::What;

constexpr std::string_view kCause = "its team was deleted";

Task<Result<void>> record_ends(pg::Transaction& tx, access::Actor actor, TeamId team,
                               std::vector<SandboxId> ids) {
  for (auto id : ids) {
    auto event = audit::happened(What::sandbox_destroy_with_team, team, actor, id.str(), {{"cause", kCause}});
    CO_TRY_VOID(co_await audit::record(tx, std::move(event)));
  }
  co_return Result<void>{};
}

// The team's hosts are removed by nobody in particular.
access::Actor janitor() {
  auto actor = access::system_actor();
  actor.is_platform_admin = true;
  return actor;
}

// What one host is asked, and which of it is done.
struct Visit {
  agents::AgentAddress host;
  std::vector<SandboxId> sandboxes;
};

Task<Result<void>> destroy_all(agents::AgentClientPtr agent, const std::vector<SandboxId>& sandboxes,
                               std::vector<SandboxId>& gone) {
  for (auto id : sandboxes) {
    CO_TRY_VOID(co_await agent->destroy_sandbox(id));
    gone.push_back(id);
  }
  co_return Result<void>{};
}

Task<void> visit(agents::AgentPool& agents, const Visit& visit, std::chrono::milliseconds limit,
                 std::vector<SandboxId>& gone) {
  auto agent = agents.client_of(visit.host);
  Result<void> done = agent ? Result<void>{} : fail(agent.error());
  if (agent)
    done = co_await with_timeout(limit, "ending sandboxes", destroy_all(*agent, visit.sandboxes, gone));
  if (!done)
    log::warn("sandboxes of a deleted team not ended yet",
              {{"host", visit.host.host_id}, {"error", done.error()}});
}

Task<Result<bool>> remove_template(pg::Transaction& tx, TeamId team, const TemplateRow& row) {
  CO_TRY_VOID(co_await templates::TemplateService::begin_removal(tx, team, row.id));
  auto event =
      audit::happened(What::snapshot_delete, team, access::system_actor(), row.name, {{"cause", kCause}});
  CO_TRY_VOID(co_await audit::record(tx, std::move(event)));
  co_return true;
}

}  // namespace

Task<Result<void>> TeardownService::remove(access::Actor actor, TeamId team) {
  CO_TRY_VOID(co_await parts_.database.transaction<bool>(
      std::bind_front(&TeardownService::remove_in, this, std::move(actor), team, By::owner)));
  co_return Result<void>{};
}

Task<Result<void>> TeardownService::remove_any_team(access::Actor actor, TeamId team) {
  if (team == kPlatformTeam) co_return fail(Error{Errc::forbidden, "the platform's team cannot be deleted"});
  CO_TRY_VOID(co_await parts_.database.transaction<bool>(
      std::bind_front(&TeardownService::remove_in, this, std::move(actor), team, By::platform_admin)));
  co_return Result<void>{};
}

Task<Result<bool>> TeardownService::remove_in(access::Actor actor, TeamId team, By by, pg::Transaction& tx) {
  CO_TRY(auto name, co_await lock_team(tx, team));
  if (by == By::owner) {
    CO_TRY(auto role, co_await find_role(tx, team, *actor.user));
    if (role != access::TeamRole::owner)
      co_return fail(Error{Errc::forbidden, "only the owner of the team may do this"});
  }
  CO_TRY_VOID(co_await api_keys::revoke_keys_of_team(tx, actor, team));
  CO_TRY_VOID(co_await delete_invitations(tx, team));
  CO_TRY(auto marked, co_await mark_sandboxes(tx, team));
  CO_TRY_VOID(co_await record_ends(tx, actor, team, std::move(marked)));
  CO_TRY_VOID(co_await mark_deleted(tx, team));
  auto event = audit::happened(What::team_delete, team, actor, team.str(), {{"name", name}});
  CO_TRY_VOID(co_await audit::record(tx, std::move(event)));
  co_return true;
}

Task<Result<int>> TeardownService::tear_down() {
  CO_TRY(auto teams, co_await list_deleted_teams(parts_.database, parts_.limits.teams));
  int ended = 0;
  for (auto team : teams) {
    auto done = co_await tear_down_team(team);
    if (done)
      ended += *done;
    else
      log::warn("teardown of a team goes on later", {{"team", team}, {"error", done.error()}});
  }
  co_return ended;
}

Task<Result<int>> TeardownService::tear_down_team(TeamId team) {
  CO_TRY(int sandboxes, co_await end_sandboxes_of(team));
  CO_TRY(int templates, co_await end_templates_of(team));
  CO_TRY(int hosts, co_await end_hosts_of(team));
  auto finish = std::bind_front(&TeardownService::finish_in, this, team);
  CO_TRY(bool finished, co_await parts_.database.transaction<bool>(std::move(finish)));
  co_return sandboxes + templates + hosts + finished;
}

// Nothing new can appear, but what was found again by its host's return can.
Task<Result<bool>> TeardownService::mark_in(TeamId team, pg::Transaction& tx) {
  CO_TRY(auto marked, co_await mark_sandboxes(tx, team));
  CO_TRY_VOID(co_await record_ends(tx, access::system_actor(), team, std::move(marked)));
  co_return true;
}

Task<Result<int>> TeardownService::end_sandboxes_of(TeamId team) {
  CO_TRY_VOID(
      co_await parts_.database.transaction<bool>(std::bind_front(&TeardownService::mark_in, this, team)));
  CO_TRY(auto rows, co_await list_sandboxes(parts_.database, team, parts_.limits.sandboxes));
  if (rows.empty()) co_return 0;
  std::vector<SandboxId>
      gone;  // or out of reach: when such a host returns, it is told to destroy what has no live row
  std::map<HostId, Visit> visits;
  for (const auto& row : rows) {
    if (!row.is_reachable) {
      gone.push_back(row.id);
      continue;
    }
    auto& visit = visits[*row.host_id];
    visit.host = {*row.host_id, row.address.value_or(""), row.cert_fingerprint.value_or("")};
    visit.sandboxes.push_back(row.id);
  }
  std::vector<Task<void>> tasks;
  for (const auto& [id, one] : visits)
    tasks.push_back(visit(parts_.agents, one, parts_.limits.host_call, gone));
  co_await run_together("end sandboxes", std::move(tasks));
  co_return co_await teardown::end_sandboxes(parts_.database, team, std::move(gone));
}

Task<Result<int>> TeardownService::end_templates_of(TeamId team) {
  CO_TRY(auto rows, co_await list_templates(parts_.database, team, parts_.limits.templates));
  int ended = 0;
  for (const auto& row : rows) {
    auto body = [&](pg::Transaction& tx) { return remove_template(tx, team, row); };
    auto removed = co_await parts_.database.transaction<bool>(body);
    if (removed) ++ended;  // one that a sandbox still needs is removed in a later round
  }
  co_return ended;
}

Task<Result<int>> TeardownService::end_hosts_of(TeamId team) {
  CO_TRY(auto hosts, co_await list_hosts(parts_.database, team, parts_.limits.hosts));
  for (auto host : hosts) CO_TRY_VOID(co_await parts_.hosts.force_removal(janitor(), host));
  co_return static_cast<int>(hosts.size());
}

Task<Result<bool>> TeardownService::finish_in(TeamId team, pg::Transaction& tx) {
  CO_TRY(bool finished, co_await finish(tx, team));
  if (!finished) co_return false;
  auto event = audit::happened(What::team_torn_down, team, access::system_actor(), team.str());
  CO_TRY_VOID(co_await audit::record(tx, std::move(event)));
  co_return true;
}

}  // namespace sandbar::control::teardown
