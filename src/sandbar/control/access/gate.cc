// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/access/gate.h"

#include <algorithm>

#include "sandbar/base/strings.h"
#include "sandbar/control/access/source_network.h"
#include "sandbar/control/access/text.h"

namespace sandbar::control::access {
namespace {

constexpr std::size_t kMaxUserAgent = 256, kMaxAddress = 64;

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

Error no_keys_here() { return unauthorized("API keys are not accepted here"); }

Result<void> check_key(const http::Route& route, const Actor& actor) {
  if (!route.key) return fail(no_keys_here());
  if (route.access != http::Access::team_member && !actor.has_scope(route.key->area))
    return fail(no_keys_here());
  return check_scope(*route.key, actor);
}

}  // namespace

Result<void> check(http::Access access, const Actor& actor) {
  using enum http::Access;
  if (access == user || access == team_member || access == team_admin || access == team_owner) {
    if (auto team = need_team(actor); !team) return team;
  }
  if (access == team_admin && !actor.manages_team())
    return fail(forbidden("only owners and admins of the team may do this"));
  if (access == team_owner && actor.role != TeamRole::owner)
    return fail(forbidden("only the owner of the team may do this"));
  if (access == platform_admin && !actor.is_platform_admin)
    return fail(forbidden("only platform admins may do this"));
  return {};
}

Result<void> check_scope(const http::KeyNeed& need, const Actor& actor) {
  if (!actor.api_key || actor.has_scope(need.area)) return {};
  if (need.is_read && actor.has_scope(KeyScope::read)) return {};
  return fail(forbidden(fmt::format("this API key lacks the scope {}", enum_name(need.area))));
}

Task<Result<Actor>> Gate::identify_key(const http::Route& route, std::string key) {
  if (!route.key) co_return fail(no_keys_here());
  CO_TRY(auto actor, co_await access_.key_of(std::move(key)));
  CO_TRY_VOID(check_key(route, actor));
  co_return actor;
}

Task<Result<Actor>> Gate::identify_ticket(const http::Route& route, std::string ticket) {
  CO_TRY(auto actor, co_await tickets_.redeem(std::move(ticket)));
  if (actor.api_key) CO_TRY_VOID(check_key(route, actor));
  co_return actor;
}

Task<Result<Actor>> Gate::identify(const http::Route& route, const http::RequestHead& credentials) {
  auto access = route.access;
  if (access == http::Access::open) co_return Actor{};
  if (access == http::Access::host_token) co_return access_.host_of(credentials.headers.get("X-Host-Token"));
  if (credentials.headers.has("X-API-Key"))
    co_return co_await identify_key(route, std::string(credentials.headers.get("X-API-Key")));
  if (route.answer == http::AnswerKind::socket && !credentials.headers.has("Authorization"))
    if (auto ticket = credentials.query("ticket"))
      co_return co_await identify_ticket(route, *std::move(ticket));
  CO_TRY(auto token, bearer_token(credentials));
  co_return co_await access_.user_of(std::move(token));
}

std::string client_address(std::string peer, std::string_view forwarded_for,
                           const std::vector<std::string>& trusted) {
  auto address = address_only(std::move(peer));
  auto hops = split(forwarded_for, ',');
  while (!hops.empty() && std::ranges::find(trusted, address) != trusted.end()) {
    auto hop = trim(hops.back());
    if (hop.empty() || hop.size() > kMaxAddress) break;
    address = hop;
    hops.pop_back();
  }
  return address;
}

// Who asks about the team of the own token hears that it was deleted; for everything else that token is just
// not one of a member.
Task<Error> Gate::refusal(const http::Route& route, const Actor& actor, Error error) {
  if (actor.team || !actor.user || !actor.meant_team || !route.path.starts_with("/v1/teams/{id}"))
    co_return error;
  auto deleted = co_await access_.was_in_deleted_team(*actor.user, *actor.meant_team);
  if (deleted && *deleted) co_return not_found("team", actor.meant_team->str());
  co_return error;
}

Task<Result<http::CallPtr>> Gate::admit(http::CallParts parts, const http::RequestHead& credentials) {
  CO_TRY(auto actor, co_await identify(*parts.route, credentials));
  if (auto checked = check(parts.route->access, actor); !checked)
    co_return fail(co_await refusal(*parts.route, actor, std::move(checked).error()));
  actor.source_ip = client_address(parts.exchange->peer_address(), credentials.headers.get("X-Forwarded-For"),
                                   trusted_proxies_);
  actor.user_agent = shortened(to_valid_utf8(credentials.headers.get("User-Agent")), kMaxUserAgent);
  co_return std::make_unique<Call>(std::move(parts), std::move(actor));
}

Client Call::client() const { return {actor_.source_ip, actor_.user_agent}; }

Result<void> Call::limit(RateLimiter& limiter, std::string_view what, RateLimit limit) {
  return take(limiter, fmt::format("{} {}", what, source_network(actor_.source_ip)), limit);
}

Result<void> Call::limit_actor(RateLimiter& limiter, std::string_view what, RateLimit limit) {
  return take(limiter, fmt::format("{} {}", what, actor_.id), limit);
}

Result<void> Call::take(RateLimiter& limiter, std::string bucket, RateLimit limit) {
  auto wait = limiter.take(bucket, limit);
  if (!wait) return {};
  answer_headers.set("Retry-After", std::to_string(wait->count()));
  return fail(Error{Errc::rate_limited, "too many requests: try again later"});
}

}  // namespace sandbar::control::access
