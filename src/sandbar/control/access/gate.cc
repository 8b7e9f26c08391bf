// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/access/gate.h"

#include "sandbar/base/strings.h"

namespace sandbar::control::access {
namespace {

Error unauthorized(std::string message) { return {Errc::unauthorized, std::move(message)}; }
Error forbidden(std::string message) { return {Errc::forbidden, std::move(message)}; }

Result<std::string> bearer_token(const http::RequestHead& request) {
  constexpr std::string_view kScheme = "bearer ";
  auto value = request.headers.get("Authorization");
  if (value.empty()) return fail(unauthorized("sign in first, or send an API key"));
  if (!equals_ignore_case(value.substr(0, kScheme.size()), kScheme))
    return fail(unauthorized("expected a bearer token"));
  return std::string(trim(value.substr(kScheme.size())));
}

// "203.0.113.7:4711" to "203.0.113.7".
std::string address_only(std::string peer) {
  if (auto colon = peer.rfind(':'); colon != peer.npos) peer.resize(colon);
  return peer;
}

Result<void> need_team(const Actor& actor) {
  if (actor.team) return {};
  if (actor.meant_team)
    return fail(forbidden("you are not a member of this team, or it does not exist any more"));
  return fail(Error{Errc::no_team, "you are in no team: create one, or switch to one"});
}

}  // namespace

Result<void> check(http::Access access, const Actor& actor) {
  using enum http::Access;
  if (access == user || access == team_member || access == team_admin) {
    if (auto team = need_team(actor); !team) return team;
  }
  if (access == team_admin && !actor.manages_team())
    return fail(forbidden("only owners and admins of the team may do this"));
  if (access == platform_admin && !actor.is_platform_admin)
    return fail(forbidden("only platform admins may do this"));
  return {};
}

Task<Result<Actor>> Gate::identify(http::Access access, const http::RequestHead& credentials) {
  if (access == http::Access::open) co_return Actor{};
  if (access == http::Access::host_token) co_return access_.host_of(credentials.headers.get("X-Host-Token"));
  if (credentials.headers.has("X-API-Key")) {
    if (access != http::Access::team_member) co_return fail(unauthorized("API keys are not accepted here"));
    co_return co_await access_.key_of(std::string(credentials.headers.get("X-API-Key")));
  }
  CO_TRY(auto token, bearer_token(credentials));
  co_return co_await access_.user_of(std::move(token));
}

Task<Result<http::CallPtr>> Gate::admit(http::CallParts parts, const http::RequestHead& credentials) {
  auto access = parts.route->access;
  CO_TRY(auto actor, co_await identify(access, credentials));
  CO_TRY_VOID(check(access, actor));
  actor.source_ip = address_only(parts.exchange->peer_address());
  co_return std::make_unique<Call>(std::move(parts), std::move(actor));
}

Result<void> Call::limit(RateLimiter& limiter, std::string_view what, RateLimit limit) {
  auto wait = limiter.take(fmt::format("{} {}", what, actor_.source_ip), limit);
  if (!wait) return {};
  answer_headers.set("Retry-After", std::to_string(wait->count()));
  return fail(Error{Errc::rate_limited, "too many requests: try again later"});
}

}  // namespace sandbar::control::access
