// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/sandboxes/routes.h"

#include "sandbar/control/access/call.h"
#include "sandbar/control/sandboxes/api.h"

namespace sandbar::control::sandboxes {

SandboxView view_of(Sandbox s) {
  return {.id = s.id,
          .status = s.status,
          .status_cause = std::move(s.status_cause),
          .template_ = std::move(s.template_),
          .template_id = s.template_id,
          .host_id = s.host_id,
          .vcpus = s.vcpus,
          .memory_mb = s.memory_mb,
          .disk_mb = s.disk_mb,
          .timeout_sec = s.timeout_sec,
          .on_timeout = s.on_timeout,
          .expires_at = s.expires_at,
          .metadata = std::move(s.metadata),
          .network = std::move(s.network),
          .traffic = std::move(s.traffic),
          .created_by = std::move(s.created_by),
          .created_at = s.created_at,
          .started_at = s.started_at,
          .last_active_at = s.last_active_at,
          .stopped_at = s.stopped_at,
          .last_updated = s.last_updated};
}

namespace {

using access::Call;
using enum http::Access;

Task<Result<http::Created<SandboxView>>> create(SandboxService& service, Call& call,
                                                CreateSandboxRequest request) {
  NewSandbox wanted{request.template_.value,
                    request.vcpus,
                    request.memory_mb,
                    request.disk_mb,
                    request.timeout_sec,
                    request.on_timeout,
                    request.env,
                    request.metadata,
                    request.network.value,
                    std::move(request.host_tags),
                    std::move(request.arch),
                    request.traffic.value};
  CO_TRY(auto sandbox, co_await service.create(call.actor(), std::move(wanted)));
  co_return http::Created<SandboxView>{view_of(std::move(sandbox))};
}

Task<Result<http::Page<SandboxView>>> list(SandboxService& service, Call& call,
                                           http::Query<SandboxQuery> query) {
  CO_TRY(auto page, co_await service.list({call.team(), query->status, query->metadata, query->template_,
                                           query->host, query->q, query->cursor, query->limit}));
  http::Page<SandboxView> view{.next_cursor = std::move(page.next_cursor)};
  for (auto& sandbox : page.items) view.items.push_back(view_of(std::move(sandbox)));
  co_return view;
}

Task<Result<SandboxView>> view(SandboxService& service, Call& call, SandboxId id) {
  CO_TRY(auto sandbox, co_await service.get(call.actor(), id));
  co_return view_of(std::move(sandbox));
}

Task<Result<http::NoContent>> remove(SandboxService& service, Call& call, SandboxId id) {
  CO_TRY_VOID(co_await service.destroy(call.actor(), id));
  co_return http::NoContent{};
}

Task<Result<SandboxView>> pause(SandboxService& service, Call& call, SandboxId id) {
  CO_TRY(auto sandbox, co_await service.pause(call.actor(), id));
  co_return view_of(std::move(sandbox));
}

Task<Result<SandboxView>> resume(SandboxService& service, Call& call, SandboxId id) {
  CO_TRY(auto sandbox, co_await service.resume(call.actor(), id));
  co_return view_of(std::move(sandbox));
}

Task<Result<http::NoContent>> ping(SandboxService& service, Call& call, SandboxId id) {
  CO_TRY_VOID(co_await service.set_timeout(call.actor(), id, std::nullopt));
  co_return http::NoContent{};
}

Task<Result<SandboxView>> set_timeout(SandboxService& service, Call& call, SandboxId id,
                                      TimeoutRequest request) {
  CO_TRY(auto sandbox, co_await service.set_timeout(call.actor(), id, request.timeout_sec));
  co_return view_of(std::move(sandbox));
}

constexpr http::ServiceRoute<SandboxService> kRoutes[] = {
    http::route<&list>("GET", "/v1/sandboxes", team_member, "List sandboxes, newest first"),
    http::route<&create>("POST", "/v1/sandboxes", team_member, "Create a sandbox and wait until it runs"),
    http::route<&view>("GET", "/v1/sandboxes/{id}", team_member, "Show a sandbox"),
    http::route<&remove>("DELETE", "/v1/sandboxes/{id}", team_member, "Destroy a sandbox"),
    http::route<&pause>("POST", "/v1/sandboxes/{id}/pause", team_member, "Pause a sandbox with its memory"),
    http::route<&resume>("POST", "/v1/sandboxes/{id}/resume", team_member, "Resume a paused sandbox"),
    http::route<&ping>("POST", "/v1/sandboxes/{id}/ping", team_member, "Restart a sandbox's idle timer"),
    http::route<&set_timeout>("POST", "/v1/sandboxes/{id}/timeout", team_member,
                              "Change a sandbox's idle timeout"),
};

}  // namespace

http::Routes<SandboxService> routes() { return kRoutes; }

}  // namespace sandbar::control::sandboxes
