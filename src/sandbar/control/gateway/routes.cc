// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/gateway/routes.h"

#include "sandbar/control/access/call.h"
#include "sandbar/control/gateway/api.h"

namespace sandbar::control::gateway {
namespace {

using access::Call;
using enum http::Access;

PortView view_of(const GatewayService& service, SandboxId id, const Port& port) {
  return {port.port, port.is_public, service.url().of(id, port.port), port.updated_at};
}

template <class T>
Result<T> required(std::optional<T> value, const char* field) {
  if (!value) return fail(invalid_request(fmt::format("{} is required", field), {{field, "is required"}}));
  return *value;
}

Task<Result<http::Page<PortView>>> list(GatewayService& service, Call& call, SandboxId id) {
  CO_TRY(auto ports, co_await service.list_ports(call.actor(), id));
  http::Page<PortView> page;
  for (const auto& port : ports) page.items.push_back(view_of(service, id, port));
  co_return page;
}

Task<Result<PortView>> update(GatewayService& service, Call& call, SandboxId id, int port,
                              PortRequest request) {
  CO_TRY(auto is_public, required(request.public_, "public"));
  CO_TRY(auto stored, co_await service.set_port(call.actor(), id, port, is_public));
  co_return view_of(service, id, stored);
}

Task<Result<http::NoContent>> reset(GatewayService& service, Call& call, SandboxId id, int port) {
  CO_TRY_VOID(co_await service.reset_port(call.actor(), id, port));
  co_return http::NoContent{};
}

Task<Result<http::Created<LinkView>>> create_link(GatewayService& service, Call& call, SandboxId id,
                                                  LinkRequest request) {
  CO_TRY(auto port, required(request.port, "port"));
  std::chrono::seconds lifetime(request.expires_in_sec);
  CO_TRY(auto link, co_await service.create_link(call.actor(), id, port, lifetime));
  co_return http::Created<LinkView>{{std::move(link.url), port, link.expires_at}};
}

Task<Result<http::NoContent>> revoke_links(GatewayService& service, Call& call, SandboxId id) {
  CO_TRY_VOID(co_await service.revoke_links(call.actor(), id));
  co_return http::NoContent{};
}

Task<Result<TrafficView>> traffic(GatewayService& service, Call& call, SandboxId id) {
  CO_TRY(auto found, co_await service.traffic(call.actor(), id));
  auto pattern = service.url().of(id, 0);
  pattern.replace(pattern.find("://") + 3, 1, "{port}");
  co_return TrafficView{found.rules.public_, found.rules.auto_resume, std::move(found.rules.mask_host),
                        std::move(pattern), std::move(found.access_token)};
}

// It shows the traffic token, which is good for more than reading.
constexpr http::KeyNeed kOpensPorts{http::KeyScope::sandboxes, false};

constexpr http::ServiceRoute<GatewayService> kRoutes[] = {
    http::route<&traffic>("GET", "/v1/sandboxes/{id}/traffic", team_member,
                          "Show how a sandbox's ports are reached", kOpensPorts),
    http::route<&list>("GET", "/v1/sandboxes/{id}/ports", team_member,
                       "List the ports whose access differs from the sandbox's"),
    http::route<&update>("PUT", "/v1/sandboxes/{id}/ports/{port}", team_member,
                         "Open a port to everybody, or close it"),
    http::route<&reset>("DELETE", "/v1/sandboxes/{id}/ports/{port}", team_member,
                        "Give a port back the access of its sandbox"),
    http::route<&create_link>("POST", "/v1/sandboxes/{id}/links", team_member,
                              "Make a link to a port that works for everybody until it expires"),
    http::route<&revoke_links>("DELETE", "/v1/sandboxes/{id}/links", team_member,
                               "Revoke all links to a sandbox, and its traffic token"),
};

}  // namespace

http::Routes<GatewayService> routes() { return kRoutes; }

}  // namespace sandbar::control::gateway
