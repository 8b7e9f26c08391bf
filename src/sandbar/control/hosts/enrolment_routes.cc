// SPDX-License-Identifier: Apache-2.0
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "sandbar/base/strings.h"
#include "sandbar/control/access/call.h"
#include "sandbar/control/hosts/routes.h"
#include "sandbar/control/hosts/views.h"
#include "sandbar/http/handover.h"
#include "sandbar/http/splice.h"
#include "sandbar/model/tunnel.h"

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
                 .hostname = std::move(request.hostname.value),
                 .templates = std::move(request.templates)};
  beat.cpu_cores = request.cpu_cores;
  beat.memory_mb = request.memory_mb;
  beat.disk_gb = request.disk_gb;
  beat.running = request.running;
  beat.paused = request.paused;
  CO_TRY(auto answer, co_await service.note_heartbeat(id, std::move(beat)));
  if (!answer.tunnels.empty())
    call.answer_headers.set(kTunnelsHeader, fmt::format("{}", fmt::join(answer.tunnels, ", ")));
  if (!answer.is_reached) call.answer_headers.set(kReachedHeader, "false");
  co_return http::NoContent{};
}

// Where TLS ends in this program the connection is bound to its thread: what waits is one end of a pair.
Task<Result<void>> park(agents::Tunnels& tunnels, HostId id, http::ByteStreamPtr stream) {
  if (int fd = http::release_socket(*stream); fd >= 0) {
    http::keep_alive(fd);
    tunnels.park(id, fd);
    co_return Result<void>{};
  }
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0)
    co_return fail(errno_error("socketpair", errno));
  tunnels.park(id, ends[1]);
  CO_TRY(auto near, http::adopt_socket(stream->executor(), ends[0]));
  co_await http::splice(std::move(stream), std::move(near));
  co_return Result<void>{};
}

Task<Result<http::Streamed>> tunnel(EnrolmentService& service, Call& call, HostId id) {
  if (call.actor().host != id) co_return fail(Error{Errc::forbidden, "this token is of another host"});
  if (!equals_ignore_case(call.request().headers.get("Upgrade"), kTunnelProtocol))
    co_return fail(invalid_request("expected an upgrade to sandbar-tunnel"));
  CO_TRY_VOID(co_await service.check_tunnel(id));
  if (service.tunnels().parked(id) >= agents::Tunnels::kMaxParked)
    co_return fail(Error{Errc::rate_limited, "this host has enough connections here"});
  http::ResponseHead head{101, {{"Connection", "Upgrade"}, {"Upgrade", std::string(kTunnelProtocol)}}};
  auto stream = co_await call.exchange().take_over(std::move(head));
  if (stream) (void)co_await park(service.tunnels(), id, std::move(*stream));
  co_return http::Streamed{};
}

Task<Result<CredentialsView>> refresh(EnrolmentService& service, Call& call, RefreshRequest request) {
  CO_TRY_VOID(call.limit(service.limiter(), "refresh", kRefreshes));
  Refresh wanted{std::move(request.refresh_token), std::move(request.next_refresh_token),
                 std::move(request.csr)};
  CO_TRY(auto credentials, co_await service.refresh(std::move(wanted)));
  co_return view_of(service, std::move(credentials));
}

constexpr http::ServiceRoute<EnrolmentService> kRoutes[] = {
    http::route<&enrol, http::Refusal<401>, http::Refusal<429>>("POST", "/v1/hosts/register", open,
                                                                "Register an agent with its one-time token"),
    http::route<&heartbeat>("POST", "/v1/hosts/{id}/heartbeat", host_token,
                            "Say that a host is alive, and what it holds"),
    http::route<&tunnel>("GET", "/v1/hosts/{id}/tunnel", host_token,
                         "Bring a connection over which control calls the host's agent"),
    http::route<&refresh, http::Refusal<401>, http::Refusal<429>>("POST", "/v1/hosts/auth/refresh", open,
                                                                  "Renew a host's credentials"),
};

}  // namespace

http::Routes<EnrolmentService> enrolment_routes() { return kRoutes; }

}  // namespace sandbar::control::hosts
