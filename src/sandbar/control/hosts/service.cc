// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/hosts/service.h"

#include <algorithm>

#include "sandbar/async/timer.h"
#include "sandbar/async/together.h"
#include "sandbar/base/random.h"
#include "sandbar/base/strings.h"
#include "sandbar/control/access/secrets.h"
#include "sandbar/control/audit/service.h"
#include "sandbar/control/hosts/events.h"
#include "sandbar/control/hosts/permissions.h"
#include "sandbar/control/hosts/store.h"
#include "sandbar/log/log.h"
#include "sandbar/model/cursor.h"

namespace sandbar::control::hosts {
namespace {

using namespace std::chrono_literals;

constexpr auto kGoodbye = 10s;  // for everything that a removed host's agent is still told
constexpr std::size_t kMaxText = 100;
constexpr std::size_t kAtOnce = 16;

Result<void> check_text(std::string_view field, const std::string& text) {
  if (is_utf8(text) && count_code_points(text) <= kMaxText) return {};
  return fail(invalid_request(fmt::format("{} must have at most {} characters", field, kMaxText),
                              {{std::string(field), "is too long"}}));
}

Error forbidden(std::string message) { return {Errc::forbidden, std::move(message)}; }

}  // namespace

Task<Result<void>> HostsService::check_create(access::Actor actor, NewHost host) {
  CO_TRY_VOID(check_text("provider", host.provider));
  CO_TRY_VOID(check_text("availability_zone", host.availability_zone));
  bool is_regular = host.type == HostType::regular;
  if (is_regular == host.team_id.has_value())
    co_return fail(
        invalid_request(is_regular ? "a regular host has no team_id" : "a byoc host needs a team_id",
                        {{"team_id", "does not fit the type"}}));
  bool may =
      actor.is_platform_admin || (!is_regular && actor.manages_hosts() && actor.team->id == host.team_id);
  if (!may)
    co_return fail(
        forbidden("only platform admins, and owners and admins of the team for a byoc host, may do this"));
  if (is_regular) co_return Result<void>{};
  CO_TRY(auto may_have_hosts, co_await find_team(database_, *host.team_id));
  if (!may_have_hosts) co_return fail(not_found("team", host.team_id->str()));
  if (!*may_have_hosts) co_return fail(forbidden("this team may not have hosts of its own"));
  co_return Result<void>{};
}

Task<Result<HostWithToken>> HostsService::create(access::Actor actor, NewHost host) {
  CO_TRY_VOID(co_await check_create(actor, host));
  auto create = std::bind_front(&HostsService::create_in, this, std::move(actor), std::move(host));
  co_return co_await database_.transaction<HostWithToken>(std::move(create));
}

Task<Result<HostWithToken>> HostsService::create_in(access::Actor actor, NewHost wanted,
                                                    pg::Transaction& tx) {
  CO_TRY(auto host, co_await insert_host(tx, std::move(wanted), actor.user));
  if (!host) co_return fail(forbidden("this team may not have hosts of its own"));
  CO_TRY(auto token, co_await new_token(actor, host->id, tx));
  CO_TRY_VOID(co_await audit::record(tx, host_event(audit::What::host_create, actor, *host)));
  co_return HostWithToken{*std::move(host), std::move(token)};
}

Task<Result<Secret>> HostsService::new_token(access::Actor actor, HostId id, pg::Transaction& tx) {
  Secret token(random_hex(32));
  NewRegistrationToken stored{id, access::stored_form(token.reveal()), actor.user,
                              lifetimes_.registration_token};
  CO_TRY_VOID(co_await insert_registration_token(tx, std::move(stored)));
  co_return token;
}

Task<Result<http::Page<Host>>> HostsService::list(access::Actor actor, HostListing listing) {
  if (!actor.is_platform_admin && !actor.team) co_return http::Page<Host>{};
  CO_TRY(auto limit, page_limit(listing.limit));
  ListHosts query{.team = listing.team,
                  .type = listing.type,
                  .status = listing.status,
                  .tag = std::move(listing.tag),
                  .cursor = std::move(listing.cursor),
                  .limit = limit};
  if (!actor.is_platform_admin) query.team = actor.team->id;
  CO_TRY(auto hosts, co_await list_hosts_any_team(database_, std::move(query)));
  auto next = cut_page(hosts, limit);
  co_return http::Page<Host>{std::move(hosts), std::move(next)};
}

Task<Result<Host>> HostsService::get(access::Actor actor, HostId id) {
  CO_TRY(auto host, co_await get_host_any_team(database_, id));
  if (!can_see(actor, host)) co_return fail(not_found("host", id.str()));
  co_return host;
}

Task<Result<Host>> HostsService::get_managed(access::Actor actor, HostId id) {
  CO_TRY(auto host, co_await get_host_any_team(database_, id));
  CO_TRY_VOID(check_manage(actor, host));
  co_return host;
}

Task<Result<Host>> HostsService::lock_managed(access::Actor actor, HostId id, pg::Transaction& tx) {
  CO_TRY(auto host, co_await lock_host_any_team(tx, id));
  CO_TRY_VOID(check_manage(actor, host));
  co_return host;
}

Task<Result<HostsService::Affected>> HostsService::preview_removal(access::Actor actor, HostId id) {
  Affected affected;
  CO_TRY(affected.host, co_await get_managed(std::move(actor), id));
  CO_TRY(affected.sandboxes, co_await list_sandboxes_any_team(database_, id));
  co_return affected;
}

Task<Result<std::vector<SandboxId>>> HostsService::remove(access::Actor actor, HostId id) {
  CO_TRY(auto host, co_await get_managed(actor, id));
  auto remove = std::bind_front(&HostsService::remove_if_empty_in, this, std::move(actor), host);
  CO_TRY(auto in_the_way, co_await database_.transaction<std::vector<SandboxId>>(std::move(remove)));
  if (in_the_way.empty()) co_await empty_agent(std::move(host), {});
  co_return in_the_way;
}

Task<Result<std::vector<SandboxId>>> HostsService::remove_if_empty_in(access::Actor actor, Host host,
                                                                      pg::Transaction& tx) {
  CO_TRY_VOID(co_await lock_host_any_team(tx, host.id));
  CO_TRY(auto sandboxes, co_await list_sandboxes_any_team(tx, host.id));
  if (!sandboxes.empty()) co_return sandboxes;
  CO_TRY_VOID(co_await remove_in(std::move(actor), std::move(host), tx));
  co_return sandboxes;
}

Task<Result<void>> HostsService::force_removal(access::Actor actor, HostId id) {
  CO_TRY(auto host, co_await get_managed(actor, id));
  CO_TRY_VOID(co_await set_draining_any_team(database_, id));
  CO_TRY(auto sandboxes, co_await list_sandboxes_any_team(database_, id));
  co_await empty_agent(host, std::move(sandboxes));
  auto remove = std::bind_front(&HostsService::remove_in, this, std::move(actor), std::move(host));
  CO_TRY_VOID(co_await database_.transaction<bool>(std::move(remove)));
  co_return Result<void>{};
}

Task<Result<bool>> HostsService::remove_in(access::Actor actor, Host host, pg::Transaction& tx) {
  CO_TRY_VOID(co_await lock_host_any_team(tx, host.id));
  CO_TRY(auto ended, co_await stop_sandboxes_any_team(tx, host.id));
  for (const auto& sandbox : ended)
    CO_TRY_VOID(co_await audit::record(tx, lost_with_host(actor, host, sandbox)));
  CO_TRY_VOID(co_await delete_host_any_team(tx, host.id));
  CO_TRY_VOID(co_await audit::record(tx, host_event(audit::What::host_delete, actor, host)));
  co_return true;
}

namespace {

Task<void> destroy_one(agents::AgentClientPtr agent, SandboxId id, bool& was_reached) {
  auto destroyed = co_await agent->destroy_sandbox(id);
  if (!destroyed && info_of(destroyed.error().code).may_retry) was_reached = false;
}

// The order to end destroys whatever is left.
Task<Result<void>> say_goodbye(agents::AgentClientPtr agent, std::vector<SandboxId> sandboxes) {
  bool was_reached = true;
  for (std::size_t at = 0; at < sandboxes.size() && was_reached;) {
    std::vector<Task<void>> some;
    while (at < sandboxes.size() && some.size() < kAtOnce)
      some.push_back(destroy_one(agent, sandboxes[at++], was_reached));
    co_await run_together("destroy sandbox", std::move(some));
  }
  co_return co_await agent->terminate();
}

}  // namespace

Task<void> HostsService::empty_agent(Host host, std::vector<SandboxId> sandboxes) {
  auto agent = agents_.client_of({host.id, host.address, host.cert_fingerprint});
  if (agent) {
    auto told = co_await with_timeout(kGoodbye, "removing a host", say_goodbye(*agent, std::move(sandboxes)));
    if (!told) log::warn("removed host was not told", {{"host", host.id}, {"error", told.error()}});
  }
  agents_.evict(host.id);
}

Task<Result<HostWithToken>> HostsService::renew_token(access::Actor actor, HostId id) {
  auto renew = std::bind_front(&HostsService::renew_token_in, this, std::move(actor), id);
  co_return co_await database_.transaction<HostWithToken>(std::move(renew));
}

Task<Result<HostWithToken>> HostsService::renew_token_in(access::Actor actor, HostId id,
                                                         pg::Transaction& tx) {
  CO_TRY(auto host, co_await lock_managed(actor, id, tx));
  if (host.status != HostState::pending)
    co_return fail(invalid_state("the host has registered; reset it to let it register again"));
  CO_TRY(auto token, co_await new_token(actor, id, tx));
  CO_TRY_VOID(co_await audit::record(tx, host_event(audit::What::host_renew_token, actor, host)));
  co_return HostWithToken{std::move(host), std::move(token)};
}

Task<Result<HostWithToken>> HostsService::reset(access::Actor actor, HostId id) {
  auto reset = std::bind_front(&HostsService::reset_in, this, std::move(actor), id);
  co_return co_await database_.transaction<HostWithToken>(std::move(reset));
}

Task<Result<HostWithToken>> HostsService::reset_in(access::Actor actor, HostId id, pg::Transaction& tx) {
  CO_TRY(auto host, co_await lock_managed(actor, id, tx));
  CO_TRY(host, co_await reset_to_pending_any_team(tx, id));
  CO_TRY_VOID(co_await lose_sandboxes_any_team(tx, id));
  CO_TRY(auto token, co_await new_token(actor, id, tx));
  CO_TRY_VOID(co_await audit::record(tx, host_event(audit::What::host_reset, actor, host)));
  co_return HostWithToken{std::move(host), std::move(token)};
}

}  // namespace sandbar::control::hosts
