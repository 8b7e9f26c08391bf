// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/access/call.h"
#include "sandbar/control/hosts/routes.h"
#include "sandbar/control/hosts/views.h"

namespace sandbar::control::hosts {
namespace {

using access::Call;
using enum http::Access;

constexpr access::RateLimit kRegistrations{.burst = 60, .per_minute = 30};
constexpr access::RateLimit kRefreshes{.burst = 120, .per_minute = 60};

CredentialsView view_of(const EnrolmentService& service, Credentials credentials) {
  CredentialsView view{.host = hosts::view_of(std::move(credentials.host))};
  view.token = std::move(credentials.token);
  view.refresh_token = std::move(credentials.refresh_token);
  view.certificate_pem = std::move(credentials.certificate_pem);
  if (view.certificate_pem) view.ca_pem = service.ca_pem();
  return view;
}

Task<Result<http::Created<CredentialsView>>> enrol(EnrolmentService& service, Call& call,
                                                   RegisterRequest request) {
  CO_TRY_VOID(call.limit(service.limiter(), "register", kRegistrations));
  Registration registration{std::move(request.token), std::move(request.address),
                            std::move(request.arch.value), std::move(request.csr)};
  registration.cpu_cores = request.cpu_cores;
  registration.memory_mb = request.memory_mb;
  registration.disk_gb = request.disk_gb;
  CO_TRY(auto credentials, co_await service.enrol(std::move(registration)));
  co_return http::Created<CredentialsView>{view_of(service, std::move(credentials))};
}

Task<Result<http::NoContent>> heartbeat(EnrolmentService& service, Call& call, HostId id,
                                        HeartbeatRequest request) {
  if (call.actor().host != id) co_return fail(Error{Errc::forbidden, "this token is of another host"});
  Heartbeat beat{.agent_version = std::move(request.agent_version.value),
                 .templates = std::move(request.templates)};
  beat.cpu_cores = request.cpu_cores;
  beat.memory_mb = request.memory_mb;
  beat.disk_gb = request.disk_gb;
  beat.running = request.running;
  beat.paused = request.paused;
  CO_TRY_VOID(co_await service.note_heartbeat(id, std::move(beat)));
  co_return http::NoContent{};
}

Task<Result<CredentialsView>> refresh(EnrolmentService& service, Call& call, RefreshRequest request) {
  CO_TRY_VOID(call.limit(service.limiter(), "refresh", kRefreshes));
  Refresh wanted{std::move(request.refresh_token), std::move(request.next_refresh_token),
                 std::move(request.csr)};
  CO_TRY(auto credentials, co_await service.refresh(std::move(wanted)));
  co_return view_of(service, std::move(credentials));
}

constexpr http::ServiceRoute<EnrolmentService> kRoutes[] = {
    http::route<&enrol>("POST", "/v1/hosts/register", open, "Register an agent with its one-time token"),
    http::route<&heartbeat>("POST", "/v1/hosts/{id}/heartbeat", host_token,
                            "Say that a host is alive, and what it holds"),
    http::route<&refresh>("POST", "/v1/hosts/auth/refresh", open, "Renew a host's credentials"),
};

}  // namespace

http::Routes<EnrolmentService> enrolment_routes() { return kRoutes; }

}  // namespace sandbar::control::hosts
