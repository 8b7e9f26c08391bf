// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/users/routes.h"
#include "sandbar/control/users/views.h"

namespace sandbar::control::users {
namespace {

using access::Call;
using enum http::Access;

// The gate has read all of it for this very request.
Task<Result<MeView>> me(AccountService&, Call& call) {
  const auto& actor = call.actor();
  MeView view{
      .user_id = call.user(), .email = actor.email, .name = actor.name, .is_admin = actor.is_platform_admin};
  view.has_password = actor.has_password;
  view.providers = actor.providers;
  if (actor.team)
    view.team =
        MyTeamView{actor.team->id, actor.team->name, actor.team->slug, actor.team->is_byoc, *actor.role};
  co_return view;
}

Task<Result<AuthView>> update_me(AccountService& service, Call& call, UpdateMeRequest request) {
  CO_TRY(auto in, co_await service.rename(call.actor(), std::move(request.name)));
  co_return AuthView{std::move(in.token), in.user_id, in.team_id, std::move(in.email), std::move(in.name)};
}

Task<Result<http::NoContent>> change_password(AccountService& service, Call& call,
                                              ChangePasswordRequest request) {
  PasswordChange change{.wanted = Secret(std::move(request.new_password))};
  if (request.current_password) change.current = Secret(*std::move(request.current_password));
  std::optional<std::chrono::seconds> wait;
  auto changed = co_await service.change_password(call.actor(), std::move(change), wait);
  tell_wait(call, wait);
  CO_TRY_VOID(std::move(changed));
  co_return http::NoContent{};
}

Task<Result<http::NoContent>> disconnect(AccountService& service, Call& call, std::string provider) {
  CO_TRY_VOID(co_await service.disconnect_provider(call.actor(), std::move(provider)));
  co_return http::NoContent{};
}

Task<Result<http::NoContent>> remove_me(AccountService& service, Call& call, DeleteMeRequest request) {
  CO_TRY_VOID(co_await service.remove(call.actor(), std::move(request.confirmation)));
  co_return http::NoContent{};
}

constexpr http::ServiceRoute<AccountService> kRoutes[] = {
    http::route<&me>("GET", "/v1/me", session, "Show who you are"),
    http::route<&update_me>("PATCH", "/v1/me", session, "Change your name"),
    http::route<&remove_me>("DELETE", "/v1/me", session, "Delete your account"),
    http::route<&change_password>("POST", "/v1/me/password", session, "Set or change your password"),
    http::route<&disconnect>("DELETE", "/v1/me/providers/{provider}", session,
                             "Stop signing in through a provider"),
};

}  // namespace

http::Routes<AccountService> account_routes() { return kRoutes; }

}  // namespace sandbar::control::users
