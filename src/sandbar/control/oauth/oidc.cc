// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "sandbar/base/strings.h"
#include "sandbar/base/try.h"
#include "sandbar/control/oauth/fetch.h"
#include "sandbar/control/oauth/id_token.h"
#include "sandbar/control/oauth/providers.h"

namespace sandbar::control::oauth {
namespace {

namespace bj = boost::json;
using SteadyClock = std::chrono::steady_clock;

constexpr std::chrono::minutes kKeptFor{10};
constexpr std::chrono::seconds kBetweenKeyFetches{10};

Error misconfigured(std::string why) {
  return {Errc::agent_error, "the provider did not answer as expected", std::move(why)};
}

bool is_true(const bj::value* value) {
  return value && ((value->is_bool() && value->get_bool()) ||
                   (value->is_string() && std::string_view(value->get_string()) == "true"));
}

bool offers(const bj::value& document, std::string_view list, std::string_view wanted) {
  const auto* values = document.get_object().if_contains(list);
  if (!values || !values->is_array()) return false;
  return std::ranges::any_of(values->get_array(), [&](const bj::value& one) {
    return one.is_string() && std::string_view(one.get_string()) == wanted;
  });
}

bool has_key(const bj::value& key_set, const std::string& kid) {
  const auto* keys = key_set.is_object() ? key_set.get_object().if_contains("keys") : nullptr;
  if (!keys || !keys->is_array()) return false;
  return kid.empty() || std::ranges::any_of(keys->get_array(),
                                            [&](const bj::value& key) { return text_in(key, "kid") == kid; });
}

}  // namespace

Task<Result<void>> Providers::discover() {
  if (oidc_ && SteadyClock::now() - oidc_->at < kKeptFor) co_return Result<void>{};
  auto issuer = options_.oidc_issuer;
  CO_TRY(auto document,
         co_await fetch_json({"GET", (issuer.ends_with('/') ? issuer.substr(0, issuer.size() - 1) : issuer) +
                                         "/.well-known/openid-configuration"}));
  if (text_in(document, "issuer") != issuer) co_return fail(misconfigured("it is another issuer"));
  for (auto name : {"authorization_endpoint", "token_endpoint", "jwks_uri"})
    if (text_in(document, name).empty()) co_return fail(misconfigured(fmt::format("it has no {}", name)));
  oidc_ = Discovered{.document = std::move(document), .at = SteadyClock::now()};
  co_return Result<void>{};
}

Task<Result<void>> Providers::fetch_keys() {
  if (SteadyClock::now() - oidc_->keys_at < kBetweenKeyFetches) co_return Result<void>{};
  CO_TRY(auto keys, co_await fetch_json({"GET", text_in(oidc_->document, "jwks_uri")}));
  oidc_->keys = std::move(keys);
  oidc_->keys_at = SteadyClock::now();
  co_return Result<void>{};
}

Task<Result<std::string>> Providers::oidc_url(Visit visit) {
  CO_TRY_VOID(co_await discover());
  auto endpoint = text_in(oidc_->document, "authorization_endpoint");
  auto challenge = to_base64url(from_hex(access::stored_form(visit.verifier)).value_or(""));
  co_return endpoint + (endpoint.contains('?') ? "&" : "?") +
      form({{"response_type", "code"},
            {"client_id", options_.oidc_client_id},
            {"redirect_uri", visit.redirect_uri},
            {"scope", options_.oidc_scopes},
            {"state", visit.state},
            {"nonce", visit.nonce},
            {"code_challenge", challenge},
            {"code_challenge_method", "S256"}});
}

// The secret goes into the header unless the provider wants it in the body only; RFC 6749 escapes it there.
Task<Result<bj::value>> Providers::oidc_token(Visit visit, std::string code) {
  Ask ask{"POST", text_in(oidc_->document, "token_endpoint")};
  ask.headers.set("Content-Type", "application/x-www-form-urlencoded");
  ask.body = form({{"grant_type", "authorization_code"},
                   {"code", code},
                   {"redirect_uri", visit.redirect_uri},
                   {"code_verifier", visit.verifier}});
  const auto& id = options_.oidc_client_id;
  const auto& secret = options_.oidc_client_secret.reveal();
  constexpr auto kMethods = "token_endpoint_auth_methods_supported";
  bool in_body = offers(oidc_->document, kMethods, "client_secret_post") &&
                 !offers(oidc_->document, kMethods, "client_secret_basic");
  if (secret.empty()) {
    ask.body += "&" + form({{"client_id", id}});
  } else if (in_body) {
    ask.body += "&" + form({{"client_id", id}, {"client_secret", secret}});
  } else {
    ask.headers.set("Authorization", "Basic " + to_base64(percent_encode(id) + ":" + percent_encode(secret)));
  }
  co_return co_await fetch_json(std::move(ask));
}

// With what the provider tells about the user beside the token, if the token itself has no address.
Task<Result<bj::object>> Providers::oidc_claims(Visit visit, std::string code) {
  CO_TRY_VOID(co_await discover());
  CO_TRY(auto answer, co_await oidc_token(visit, std::move(code)));
  auto token = text_in(answer, "id_token");
  if (!has_key(oidc_->keys, key_id_of(token))) CO_TRY_VOID(co_await fetch_keys());
  Expected expected{options_.oidc_issuer, options_.oidc_client_id, visit.nonce};
  CO_TRY(auto claims, read_id_token(token, oidc_->keys, expected, clock_.now()));
  auto endpoint = text_in(oidc_->document, "userinfo_endpoint");
  if (!text_in(claims, "email").empty() || endpoint.empty()) co_return claims;
  http::Headers bearer{{"Authorization", "Bearer " + text_in(answer, "access_token")}};
  CO_TRY(auto more, co_await fetch_json({"GET", endpoint, std::move(bearer)}));
  if (text_in(more, "sub") != text_in(claims, "sub"))
    co_return fail(misconfigured("it tells of somebody else"));
  for (const auto& [name, value] : more.get_object())
    if (!claims.contains(name)) claims[name] = value;
  co_return claims;
}

Task<Result<users::Identity>> Providers::identify_at_oidc(Visit visit, std::string code) {
  CO_TRY(auto claims, co_await oidc_claims(std::move(visit), std::move(code)));
  users::Identity identity{"oidc", text_in(claims, "sub"), text_in(claims, "email"), text_in(claims, "name")};
  if (identity.name.empty()) identity.name = text_in(claims, "preferred_username");
  if (identity.email.empty() || !is_true(claims.if_contains("email_verified")))
    co_return fail(Error{Errc::forbidden, "the provider has verified no address of yours"});
  co_return identity;
}

}  // namespace sandbar::control::oauth
