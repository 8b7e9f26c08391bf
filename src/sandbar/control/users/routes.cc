// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/users/routes.h"

#include "sandbar/control/users/views.h"

namespace sandbar::control::users {
namespace {

using access::Call;
using enum http::Access;

using SignupAnswer = std::variant<http::Created<AuthView>, http::Accepted<SignupPendingView>>;

Task<Result<SignupAnswer>> signup(UsersService& service, Call& call, SignupRequest request) {
  CO_TRY_VOID(call.limit(service.limiter(), "signup", service.options().signups));
  NewUser user{std::move(request.email), std::move(request.name), Secret(std::move(request.password))};
  CO_TRY(auto done, co_await service.sign_up(std::move(user), call.client()));
  if (auto* pending = std::get_if<PendingSignup>(&done))
    co_return http::Accepted<SignupPendingView>{
        {std::move(pending->email), "we have sent you a mail: follow its link to activate your account"}};
  auto view = view_of(std::get<SignIn>(std::move(done)), service.parts().sessions, call);
  co_return http::Created<AuthView>{std::move(view)};
}

Task<Result<AuthView>> login(UsersService& service, Call& call, LoginRequest request) {
  CO_TRY_VOID(call.limit(service.limiter(), "login", service.options().logins));
  UsersService::LoginTry login{std::move(request.email), Secret(std::move(request.password)), call.client()};
  std::optional<std::chrono::seconds> wait;
  auto in = co_await service.sign_in(std::move(login), wait);
  tell_wait(call, wait);
  if (!in) co_return fail(std::move(in).error());
  co_return view_of(*std::move(in), service.parts().sessions, call);
}

// Only pages of this origin send the cookie; a cookie that is worthless is taken away.
Task<Result<AuthView>> refresh(UsersService& service, Call& call) {
  CO_TRY_VOID(call.limit(service.limiter(), "refresh user", service.options().refreshes));
  auto in = co_await service.renew(sessions::SessionService::cookie_of(call));
  if (in) co_return view_of(*std::move(in), service.parts().sessions, call);
  if (in.error().code == Errc::unauthorized) service.parts().sessions.clear_cookie(call);
  co_return fail(std::move(in).error());
}

Task<Result<AuthView>> switch_team(UsersService& service, Call& call, SwitchTeamRequest request) {
  CO_TRY(auto in, co_await service.switch_team(call.actor(), request.team_id));
  co_return view_of(std::move(in), service.parts().sessions, call);
}

Task<Result<AuthView>> activate(RecoveryService& service, Call& call, ActivateRequest request) {
  CO_TRY_VOID(call.limit(service.users().limiter(), "activate", service.users().options().mails));
  CO_TRY(auto in, co_await service.activate(std::move(request.token), call.client()));
  co_return view_of(std::move(in), service.users().parts().sessions, call);
}

Task<Result<http::NoContent>> request_reset(RecoveryService& service, Call& call, ResetRequest request) {
  CO_TRY_VOID(call.limit(service.users().limiter(), "reset", service.users().options().mails));
  CO_TRY_VOID(co_await service.request_reset(std::move(request.email)));
  co_return http::NoContent{};
}

Task<Result<http::NoContent>> confirm_reset(RecoveryService& service, Call& call,
                                            ConfirmResetRequest request) {
  CO_TRY_VOID(call.limit(service.users().limiter(), "confirm reset", service.users().options().mails));
  CO_TRY_VOID(co_await service.reset_password(std::move(request.token), Secret(std::move(request.password)),
                                              call.client()));
  co_return http::NoContent{};
}

constexpr http::ServiceRoute<UsersService> kRoutes[] = {
    http::route<&signup, http::Refusal<409>, http::Refusal<429>>("POST", "/v1/auth/signup", open,
                                                                 "Create an account and a team"),
    http::route<&login, http::Refusal<401>, http::Refusal<403>, http::Refusal<429>>("POST", "/v1/auth/login",
                                                                                    open, "Sign in"),
    http::route<&refresh, http::Refusal<401>, http::Refusal<429>>("POST", "/v1/auth/refresh", open,
                                                                  "Renew a browser's session by its cookie"),
    http::route<&switch_team>("POST", "/v1/auth/switch-team", session,
                              "Get a token for another of your teams"),
};

constexpr http::ServiceRoute<RecoveryService> kRecoveryRoutes[] = {
    http::route<&activate>("POST", "/v1/auth/activate", open, "Prove the address of a new account"),
    http::route<&request_reset>("POST", "/v1/me/password/reset", open, "Ask for a mail to reset a password"),
    http::route<&confirm_reset>("POST", "/v1/me/password/reset/confirm", open,
                                "Choose a new password with a mailed token"),
};

}  // namespace

http::Routes<UsersService> routes() { return kRoutes; }
http::Routes<RecoveryService> recovery_routes() { return kRecoveryRoutes; }

}  // namespace sandbar::control::users
