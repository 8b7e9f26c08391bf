// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/users/routes.h"

#include "sandbar/base/strings.h"
#include "sandbar/control/access/call.h"
#include "sandbar/control/users/api.h"

namespace sandbar::control::users {
namespace {

using access::Call;
using enum http::Access;

constexpr access::RateLimit kSignups{.burst = 60, .per_minute = 60};
constexpr access::RateLimit kLogins{.burst = 120, .per_minute = 60};
constexpr access::RateLimit kLoginsPerAccount{.burst = 20, .per_minute = 10};

AuthView view_of(SignIn in) {
  return {std::move(in.token), in.user_id, in.team_id, std::move(in.email), std::move(in.name)};
}

Task<Result<http::Created<AuthView>>> signup(UsersService& service, Call& call, SignupRequest request) {
  CO_TRY_VOID(call.limit(service.limiter(), "signup", kSignups));
  NewUser user{std::move(request.email), std::move(request.name), Secret(std::move(request.password))};
  CO_TRY(auto in, co_await service.sign_up(std::move(user)));
  co_return http::Created<AuthView>{view_of(std::move(in))};
}

Task<Result<AuthView>> login(UsersService& service, Call& call, LoginRequest request) {
  CO_TRY_VOID(call.limit(service.limiter(), "login", kLogins));
  auto account = "login " + to_lower(trim(request.email)).substr(0, 320);
  CO_TRY_VOID(call.limit(service.limiter(), account, kLoginsPerAccount));
  CO_TRY(auto in, co_await service.sign_in(std::move(request.email), Secret(std::move(request.password))));
  co_return view_of(std::move(in));
}

Task<Result<AuthView>> switch_team(UsersService& service, Call& call, SwitchTeamRequest request) {
  CO_TRY(auto in, co_await service.switch_team(call.actor(), request.team_id));
  co_return view_of(std::move(in));
}

// The gate has read all of it for this very request.
Task<Result<MeView>> me(UsersService&, Call& call) {
  const auto& actor = call.actor();
  MeView view{
      .user_id = call.user(), .email = actor.email, .name = actor.name, .is_admin = actor.is_platform_admin};
  if (actor.team)
    view.team =
        MyTeamView{actor.team->id, actor.team->name, actor.team->slug, actor.team->is_byoc, *actor.role};
  co_return view;
}

constexpr http::ServiceRoute<UsersService> kRoutes[] = {
    http::route<&signup>("POST", "/v1/auth/signup", open, "Create an account and a team"),
    http::route<&login>("POST", "/v1/auth/login", open, "Sign in"),
    http::route<&switch_team>("POST", "/v1/auth/switch-team", session,
                              "Get a token for another of your teams"),
    http::route<&me>("GET", "/v1/me", session, "Show who you are"),
};

}  // namespace

http::Routes<UsersService> routes() { return kRoutes; }

}  // namespace sandbar::control::users
