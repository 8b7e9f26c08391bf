// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/oauth/service.h"

#include "sandbar/base/random.h"
#include "sandbar/base/strings.h"
#include "sandbar/base/try.h"
#include "sandbar/control/oauth/store.h"
#include "sandbar/log/log.h"

namespace sandbar::control::oauth {
namespace {

constexpr std::size_t kMaxCode = 2048;

Error invalid_state(std::string why) {
  return {Errc::invalid_state, "this sign-in was begun elsewhere, or is over", std::move(why)};
}

// What the page is told; the log has the rest.
std::string_view name_for_page(const Error& error) {
  switch (error.code) {
    case Errc::invalid_state:
      return "invalid_state";
    case Errc::email_taken:
      return "email_taken";
    case Errc::account_disabled:
      return "account_disabled";
    case Errc::already_exists:
      return "identity_taken";
    case Errc::forbidden:
      return "email_not_verified";
    case Errc::agent_error:
    case Errc::unauthorized:
      return "exchange_failed";
    case Errc::unavailable:
      return "db_error";
    default:
      return "internal_error";
  }
}

}  // namespace

Result<Provider> OAuthService::provider_of(std::string_view name) const {
  auto provider = enum_from_name<Provider>(name);
  if (provider && parts_.options.offers(*provider)) return *provider;
  return fail(Error{Errc::provider_not_found, "this provider is not offered here"});
}

std::string OAuthService::cookie_of(Provider provider, const std::string& state) const {
  auto text = fmt::format("{} {}", enum_name(provider), state);
  return state + ":" + to_hex(access::hmac_sha256(parts_.keys.oauth.reveal(), text));
}

std::optional<std::string> OAuthService::state_in(std::string_view cookie, Provider provider) const {
  std::string state(cookie.substr(0, cookie.find(':')));
  if (state.empty() || !access::equal_secrets(cookie, cookie_of(provider, state))) return std::nullopt;
  return state;
}

Task<Result<Start>> OAuthService::start(Provider provider, std::optional<SessionId> session) {
  auto state = random_hex(16);
  CO_TRY(auto url, co_await providers_.authorize_url(provider, providers_.visit(provider, state)));
  NewFlow flow{access::stored_form(state), provider, session, parts_.options.flow_lifetime};
  CO_TRY_VOID(co_await insert_flow(parts_.database, std::move(flow)));
  co_return Start{std::move(url), cookie_of(provider, state)};
}

Task<std::string> OAuthService::finish(Provider provider, Return visitor, access::Client client) {
  auto page = fmt::format("{}/auth/{}/callback?", parts_.options.dashboard_url, enum_name(provider));
  if (!visitor.error.empty()) co_return page + "error=access_denied";
  bool has_code = !visitor.code.empty() && visitor.code.size() <= kMaxCode;
  if (has_code) {
    auto query = co_await finish_or_fail(provider, std::move(visitor), std::move(client));
    if (query) co_return page + *query;
    log::info("visitor of a provider refused", {{"provider", enum_name(provider)}, {"error", query.error()}});
    co_return page + fmt::format("error={}", name_for_page(query.error()));
  }
  auto state = state_in(visitor.cookie, provider);
  co_return page + (state && *state == visitor.state ? "error=missing_code" : "error=invalid_state");
}

Task<Result<std::string>> OAuthService::finish_or_fail(Provider provider, Return visitor,
                                                       access::Client client) {
  auto state = state_in(visitor.cookie, provider);
  if (!state) co_return fail(invalid_state("no cookie of ours"));
  if (!access::equal_secrets(*state, visitor.state)) co_return fail(invalid_state("another state"));
  auto state_hash = access::stored_form(*state);
  CO_TRY(auto flow, co_await use_flow(parts_.database, state_hash, provider));
  if (!flow) co_return fail(invalid_state("no such visit, or not any more"));
  CO_TRY(auto identity,
         co_await providers_.identify(provider, providers_.visit(provider, *state), std::move(visitor.code)));
  if (flow->session_id)
    co_return co_await parts_.database.transaction<std::string>(std::bind_front(
        &OAuthService::connect_in, this, std::move(identity), *flow->session_id, std::move(client)));
  co_return co_await parts_.database.transaction<std::string>(std::bind_front(
      &OAuthService::admit_in, this, std::move(identity), std::move(state_hash), std::move(client)));
}

Task<Result<std::string>> OAuthService::admit_in(users::Identity identity, std::string state_hash,
                                                 access::Client client, pg::Transaction& tx) {
  CO_TRY(auto user, co_await parts_.users.user_of_identity(tx, std::move(identity), std::move(client)));
  auto code = random_hex(32);
  CO_TRY_VOID(co_await insert_code(
      tx, {access::stored_form(code), std::move(state_hash), user, parts_.options.code_lifetime}));
  co_return "code=" + code;
}

Task<Result<std::string>> OAuthService::connect_in(users::Identity identity, SessionId session,
                                                   access::Client client, pg::Transaction& tx) {
  CO_TRY(auto user, co_await find_session_user(tx, session));
  if (!user) co_return fail(invalid_state("the session has ended"));
  access::Actor actor{.type = access::ActorType::user, .id = user->id.str(), .name = user->name};
  actor.user = user->id;
  actor.source_ip = client.ip;
  auto connected = "connected=" + identity.provider;
  CO_TRY_VOID(co_await parts_.users.connect_identity(tx, std::move(actor), std::move(identity)));
  co_return connected;
}

// The cookie is of any provider: what counts is that it holds the state that the code was made for.
Task<Result<users::SignIn>> OAuthService::exchange(std::string code, std::string cookie,
                                                   access::Client client) {
  auto state_hash = access::stored_form(cookie.substr(0, cookie.find(':')));
  co_return co_await parts_.database.transaction<users::SignIn>(std::bind_front(
      &OAuthService::exchange_in, this, access::stored_form(code), std::move(state_hash), std::move(client)));
}

Task<Result<users::SignIn>> OAuthService::exchange_in(std::string code_hash, std::string state_hash,
                                                      access::Client client, pg::Transaction& tx) {
  CO_TRY(auto user, co_await take_code(tx, std::move(code_hash), std::move(state_hash)));
  if (!user) co_return fail(Error{Errc::invalid_token, "this code is not valid, or not any more"});
  co_return co_await parts_.users.sign_in_as(tx, *user, std::move(client));
}

}  // namespace sandbar::control::oauth
