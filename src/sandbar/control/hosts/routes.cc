// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/hosts/routes.h"

#include "sandbar/control/access/call.h"
#include "sandbar/control/hosts/views.h"

namespace sandbar::control::hosts {
namespace {

using access::Call;
using enum http::Access;

HostView view_for(const Call& call, Host host) {
  return view_of(std::move(host), call.actor().is_platform_admin);
}

Result<HostType> type_of(const std::string& text) {
  if (auto type = enum_from_name<HostType>(text)) return *type;
  return fail(invalid_request("type must be regular or byoc", {{"type", "must be regular or byoc"}}));
}

Task<Result<http::Created<HostTokenView>>> create(HostsService& service, Call& call,
                                                  CreateHostRequest request) {
  CO_TRY(auto type, type_of(request.type));
  NewHost wanted{type, request.team_id, request.provider.value, request.availability_zone.value};
  CO_TRY(auto created, co_await service.create(call.actor(), std::move(wanted)));
  auto host = view_for(call, std::move(created.host));
  co_return http::Created<HostTokenView>{{std::move(host), created.registration_token.reveal()}};
}

Task<Result<http::Page<HostView>>> list(HostsService& service, Call& call,
                                        http::Query<ListHostsQuery> query) {
  CO_TRY(auto page, co_await service.list(call.actor(), {query->cursor, query->limit, query->type,
                                                         query->team_id, query->status, query->tag}));
  http::Page<HostView> view{.next_cursor = std::move(page.next_cursor)};
  for (auto& host : page.items) view.items.push_back(view_for(call, std::move(host)));
  co_return view;
}

Task<Result<HostView>> view(HostsService& service, Call& call, HostId id) {
  CO_TRY(auto host, co_await service.get(call.actor(), id));
  co_return view_for(call, std::move(host));
}

Task<Result<RemovalPreview>> preview_removal(HostsService& service, Call& call, HostId id) {
  CO_TRY(auto affected, co_await service.preview_removal(call.actor(), id));
  auto host = view_for(call, std::move(affected.host));
  co_return RemovalPreview{std::move(host), std::move(affected.sandboxes)};
}

Task<Result<http::NoContent>> remove(HostsService& service, Call& call, HostId id,
                                     http::Query<RemoveHostQuery> query) {
  if (query->force) {
    CO_TRY_VOID(co_await service.force_removal(call.actor(), id));
    co_return http::NoContent{};
  }
  CO_TRY(auto in_the_way, co_await service.remove(call.actor(), id));
  if (in_the_way.empty()) co_return http::NoContent{};
  boost::json::array ids;
  for (auto sandbox : in_the_way) ids.emplace_back(sandbox.str());
  call.error_details["sandbox_ids"] = std::move(ids);
  co_return fail(
      Error{Errc::host_has_sandboxes, "the host has sandboxes; force the removal to destroy them"});
}

Task<Result<http::Created<HostTokenView>>> renew_token(HostsService& service, Call& call, HostId id,
                                                       http::Query<RenewTokenQuery> query) {
  auto renew = query->reset ? service.reset(call.actor(), id) : service.renew_token(call.actor(), id);
  CO_TRY(auto renewed, co_await std::move(renew));
  auto host = view_for(call, std::move(renewed.host));
  co_return http::Created<HostTokenView>{{std::move(host), renewed.registration_token.reveal()}};
}

Task<Result<HostView>> drain(HostsService& service, Call& call, HostId id) {
  CO_TRY(auto host, co_await service.drain(call.actor(), id));
  co_return view_for(call, std::move(host));
}

Task<Result<HostView>> undrain(HostsService& service, Call& call, HostId id) {
  CO_TRY(auto host, co_await service.undrain(call.actor(), id));
  co_return view_for(call, std::move(host));
}

Task<Result<std::vector<std::string>>> list_tags(HostsService& service, Call& call, HostId id) {
  co_return co_await service.list_tags(call.actor(), id);
}

Task<Result<http::NoContent>> add_tag(HostsService& service, Call& call, HostId id, TagRequest request) {
  CO_TRY_VOID(co_await service.add_tag(call.actor(), id, std::move(request.tag)));
  co_return http::NoContent{};
}

Task<Result<http::NoContent>> remove_tag(HostsService& service, Call& call, HostId id, std::string tag) {
  CO_TRY_VOID(co_await service.remove_tag(call.actor(), id, std::move(tag)));
  co_return http::NoContent{};
}

// Only keys with this scope are let in; others are as unknown here as they are for teams.
constexpr http::KeyNeed kForKeys{http::KeyScope::hosts};

constexpr http::ServiceRoute<HostsService> kRoutes[] = {
    http::route<&create>("POST", "/v1/hosts", session,
                         "Create a host and the token with which its agent registers", kForKeys),
    http::route<&list>("GET", "/v1/hosts", session, "List hosts: platform admins all, others their team's",
                       kForKeys),
    http::route<&view>("GET", "/v1/hosts/{id}", session, "Show a host", kForKeys),
    http::route<&preview_removal>("GET", "/v1/hosts/{id}/delete-preview", session,
                                  "Show what removing a host would destroy", kForKeys),
    http::route<&remove, http::Refusal<409, HostInUse>>("DELETE", "/v1/hosts/{id}", session, "Remove a host",
                                                        kForKeys),
    http::route<&drain>("POST", "/v1/hosts/{id}/drain", session, "Give a host no new sandboxes", kForKeys),
    http::route<&undrain>("POST", "/v1/hosts/{id}/undrain", session, "Give a host new sandboxes again",
                          kForKeys),
    http::route<&list_tags>("GET", "/v1/hosts/{id}/tags", session, "List a host's tags", kForKeys),
    http::route<&add_tag>("POST", "/v1/hosts/{id}/tags", session, "Tag a host", kForKeys),
    http::route<&remove_tag>("DELETE", "/v1/hosts/{id}/tags/{tag}", session, "Take a tag from a host",
                             kForKeys),
    http::route<&renew_token>("POST", "/v1/hosts/{id}/token", session, "Make a new registration token",
                              kForKeys),
};

}  // namespace

http::Routes<HostsService> routes() { return kRoutes; }

}  // namespace sandbar::control::hosts
