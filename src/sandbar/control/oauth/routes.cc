// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/oauth/routes.h"

#include "sandbar/base/strings.h"
#include "sandbar/control/oauth/api.h"

namespace sandbar::control::oauth {
namespace {

using access::Call;
using enum http::Access;

constexpr std::string_view kCookie = "oauth_state";

std::string cookie_in(const Call& call) {
  for (auto pair : split(call.request().headers.get("Cookie"), ';')) {
    pair = trim(pair);
    auto equals = pair.find('=');
    if (pair.substr(0, equals) == kCookie && equals != pair.npos) return std::string(pair.substr(equals + 1));
  }
  return {};
}

// Lax: the visitor comes back from another site.
void set_cookie(Call& call, const OAuthOptions& options, std::string_view value,
                std::chrono::milliseconds lifetime) {
  auto seconds = std::chrono::duration_cast<std::chrono::seconds>(lifetime).count();
  call.answer_headers.add("Set-Cookie",
                          fmt::format("{}={}; Max-Age={}; Path=/; HttpOnly; SameSite=Lax{}", kCookie, value,
                                      seconds, options.is_secure() ? "; Secure" : ""));
}

Task<Result<MethodsView>> methods(OAuthService& service, Call&) {
  const auto& options = service.options();
  MethodsView view{.sends_mail = service.parts().users.options().mails_are_sent};
  if (options.offers(Provider::github)) view.providers.push_back({"github", "GitHub"});
  if (options.offers(Provider::oidc)) view.providers.push_back({"oidc", options.oidc_name});
  co_return view;
}

Task<Result<http::Redirect>> start(OAuthService& service, Call& call, std::string name) {
  CO_TRY_VOID(call.limit(service.limiter(), "oauth", service.options().visits));
  CO_TRY(auto provider, service.provider_of(name));
  CO_TRY(auto begun, co_await service.start(provider, std::nullopt));
  set_cookie(call, service.options(), begun.cookie, service.options().flow_lifetime);
  call.answer_headers.set("Location", begun.url);
  co_return http::Redirect{};
}

// The cookie stays: it is needed again to exchange the code.
Task<Result<http::Redirect>> finish(OAuthService& service, Call& call, std::string name,
                                    http::Query<ReturnQuery> query) {
  CO_TRY_VOID(call.limit(service.limiter(), "oauth return", service.options().visits));
  CO_TRY(auto provider, service.provider_of(name));
  Return visitor{query->state.value_or(""), query->code.value_or(""), query->error.value_or(""),
                 cookie_in(call)};
  call.answer_headers.set("Location", co_await service.finish(provider, std::move(visitor), call.client()));
  call.answer_headers.set("Referrer-Policy", "no-referrer");
  call.answer_headers.set("Cache-Control", "no-store");
  co_return http::Redirect{};
}

Task<Result<OAuthView>> exchange(OAuthService& service, Call& call, ExchangeRequest request) {
  CO_TRY_VOID(call.limit(service.limiter(), "oauth exchange", service.options().visits));
  CO_TRY(auto in, co_await service.exchange(std::move(request.code), cookie_in(call), call.client()));
  service.parts().sessions.set_cookie(call, in.refresh_token);
  set_cookie(call, service.options(), "", std::chrono::milliseconds(0));
  co_return OAuthView{std::move(in.token), in.user_id, in.team_id, std::move(in.email), std::move(in.name)};
}

Task<Result<ConnectView>> connect(OAuthService& service, Call& call, std::string name) {
  CO_TRY_VOID(call.limit(service.limiter(), "oauth", service.options().visits));
  CO_TRY(auto provider, service.provider_of(name));
  CO_TRY(auto begun, co_await service.start(provider, call.actor().session));
  set_cookie(call, service.options(), begun.cookie, service.options().flow_lifetime);
  co_return ConnectView{std::move(begun.url)};
}

// The same under the addresses that were registered with providers before there were versions.
Task<Result<http::Redirect>> start_unversioned(OAuthService& service, Call& call, std::string name) {
  return start(service, call, std::move(name));
}

Task<Result<http::Redirect>> finish_unversioned(OAuthService& service, Call& call, std::string name,
                                                http::Query<ReturnQuery> query) {
  return finish(service, call, std::move(name), std::move(query));
}

constexpr http::ServiceRoute<OAuthService> kRoutes[] = {
    http::route<&methods>("GET", "/v1/auth/methods", open, "List the ways to sign in"),
    http::route<&start>("GET", "/v1/auth/oauth/{provider}", open, "Go and sign in at a provider"),
    http::route<&finish>("GET", "/v1/auth/oauth/{provider}/callback", open, "Come back from a provider"),
    http::route<&exchange>("POST", "/v1/auth/oauth/exchange", open, "Exchange a page's code for a session"),
    http::route<&connect>("GET", "/v1/me/providers/{provider}/connect", session,
                          "Begin to connect a provider to your account"),
    http::route<&start_unversioned>("GET", "/auth/oauth/{provider}", open, "Go and sign in at a provider"),
    http::route<&finish_unversioned>("GET", "/auth/oauth/{provider}/callback", open,
                                     "Come back from a provider"),
};

}  // namespace

http::Routes<OAuthService> routes() { return kRoutes; }

}  // namespace sandbar::control::oauth
