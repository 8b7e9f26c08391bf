// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "sandbar/control/audit/service.h"
#include "sandbar/control/hosts/events.h"
#include "sandbar/control/hosts/permissions.h"
#include "sandbar/control/hosts/service.h"

// Draining hosts, and their tags.

namespace sandbar::control::hosts {
namespace {

constexpr std::size_t kMaxTags = 32, kMaxTag = 63;

bool is_tag(std::string_view text) {
  auto is_word = [](char c) { return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z'); };
  auto fits = [&](char c) { return is_word(c) || c == '.' || c == '_' || c == '-' || c == ':' || c == '='; };
  return !text.empty() && text.size() <= kMaxTag && is_word(text.front()) && std::ranges::all_of(text, fits);
}

Result<void> check_tag(std::string_view tag) {
  if (is_tag(tag)) return {};
  constexpr std::string_view kRule =
      "must be 1 to 63 letters, digits and .:=_- and begin with a letter or digit";
  return fail(invalid_request(fmt::format("tag {}", kRule), {{"tag", std::string(kRule)}}));
}

audit::Event tag_event(audit::What what, const access::Actor& actor, const Host& host,
                       const std::string& tag) {
  return host_event(what, actor, host, {{"tag", tag}});
}

}  // namespace

Task<Result<Host>> HostsService::drain(access::Actor actor, HostId id) {
  auto drain = std::bind_front(&HostsService::drain_in, this, std::move(actor), id);
  co_return co_await database_.transaction<Host>(std::move(drain));
}

Task<Result<Host>> HostsService::drain_in(access::Actor actor, HostId id, pg::Transaction& tx) {
  CO_TRY(auto host, co_await lock_managed(actor, id, tx));
  if (!host.registered_at) co_return fail(invalid_state("the host's agent has not registered"));
  if (host.draining_since) co_return host;
  CO_TRY_VOID(co_await audit::record(tx, host_event(audit::What::host_drain, actor, host)));
  co_return co_await set_draining_any_team(tx, id);
}

Task<Result<Host>> HostsService::undrain(access::Actor actor, HostId id) {
  auto undrain = std::bind_front(&HostsService::undrain_in, this, std::move(actor), id);
  co_return co_await database_.transaction<Host>(std::move(undrain));
}

Task<Result<Host>> HostsService::undrain_in(access::Actor actor, HostId id, pg::Transaction& tx) {
  CO_TRY(auto host, co_await lock_managed(actor, id, tx));
  if (!host.draining_since) co_return host;
  CO_TRY_VOID(co_await audit::record(tx, host_event(audit::What::host_undrain, actor, host)));
  co_return co_await end_draining_any_team(tx, id);
}

Task<Result<std::vector<std::string>>> HostsService::list_tags(access::Actor actor, HostId id) {
  CO_TRY(auto host, co_await get(std::move(actor), id));
  co_return std::move(host.tags);
}

Task<Result<void>> HostsService::add_tag(access::Actor actor, HostId id, std::string tag) {
  CO_TRY_VOID(check_tag(tag));
  auto add = std::bind_front(&HostsService::add_tag_in, this, std::move(actor), id, std::move(tag));
  CO_TRY_VOID(co_await database_.transaction<bool>(std::move(add)));
  co_return Result<void>{};
}

Task<Result<bool>> HostsService::add_tag_in(access::Actor actor, HostId id, std::string tag,
                                            pg::Transaction& tx) {
  CO_TRY(auto host, co_await lock_managed(actor, id, tx));
  if (std::ranges::find(host.tags, tag) != host.tags.end()) co_return false;
  if (host.tags.size() >= kMaxTags)
    co_return fail(
        invalid_request(fmt::format("a host has at most {} tags", kMaxTags), {{"tag", "is one too many"}}));
  CO_TRY_VOID(co_await insert_tag_any_team(tx, id, tag));
  CO_TRY_VOID(co_await audit::record(tx, tag_event(audit::What::host_add_tag, actor, host, tag)));
  co_return true;
}

Task<Result<void>> HostsService::remove_tag(access::Actor actor, HostId id, std::string tag) {
  auto remove = std::bind_front(&HostsService::remove_tag_in, this, std::move(actor), id, std::move(tag));
  CO_TRY_VOID(co_await database_.transaction<bool>(std::move(remove)));
  co_return Result<void>{};
}

Task<Result<bool>> HostsService::remove_tag_in(access::Actor actor, HostId id, std::string tag,
                                               pg::Transaction& tx) {
  CO_TRY(auto host, co_await lock_managed(actor, id, tx));
  if (std::ranges::find(host.tags, tag) == host.tags.end()) co_return false;
  CO_TRY_VOID(co_await delete_tag_any_team(tx, id, tag));
  CO_TRY_VOID(co_await audit::record(tx, tag_event(audit::What::host_remove_tag, actor, host, tag)));
  co_return true;
}

}  // namespace sandbar::control::hosts
