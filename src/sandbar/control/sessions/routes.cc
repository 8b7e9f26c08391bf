// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/sessions/routes.h"

#include "sandbar/base/strings.h"
#include "sandbar/control/sessions/api.h"

namespace sandbar::control::sessions {
namespace {

using access::Call;
using enum http::Access;

std::string bearer_token_of(const Call& call) {
  constexpr std::string_view kScheme = "bearer ";
  auto value = call.request().headers.get("Authorization");
  if (!equals_ignore_case(value.substr(0, kScheme.size()), kScheme)) return {};
  return std::string(trim(value.substr(kScheme.size())));
}

// At most SessionService's bound of sessions, so there is one page.
Task<Result<http::Page<SessionView>>> list(SessionService& service, Call& call) {
  CO_TRY(auto sessions, co_await service.list(call.user()));
  http::Page<SessionView> page;
  for (auto& session : sessions)
    page.items.push_back({session.id, std::move(session.ip), std::move(session.user_agent),
                          session.created_at, session.last_seen_at, session.expires_at,
                          session.id == call.actor().session});
  co_return page;
}

Task<Result<http::NoContent>> end(SessionService& service, Call& call, SessionId id) {
  CO_TRY_VOID(co_await service.end(call.actor(), id));
  co_return http::NoContent{};
}

Task<Result<http::NoContent>> end_others(SessionService& service, Call& call) {
  CO_TRY_VOID(co_await service.end_others(call.actor()));
  co_return http::NoContent{};
}

Task<Result<http::NoContent>> logout(SessionService& service, Call& call) {
  CO_TRY_VOID(co_await service.sign_out(bearer_token_of(call), SessionService::cookie_of(call)));
  service.clear_cookie(call);
  co_return http::NoContent{};
}

constexpr http::ServiceRoute<SessionService> kRoutes[] = {
    http::route<&logout>("POST", "/v1/auth/logout", open, "End the session of a token or cookie"),
    http::route<&list>("GET", "/v1/me/sessions", session, "List where you are signed in"),
    http::route<&end_others>("DELETE", "/v1/me/sessions", session, "Sign out everywhere else"),
    http::route<&end>("DELETE", "/v1/me/sessions/{id}", session, "End one of your sessions"),
};

}  // namespace

http::Routes<SessionService> routes() { return kRoutes; }

}  // namespace sandbar::control::sessions
